/** Devices as people read them. The status is computed here and stored nowhere. */
import type { Device, DeviceStatus } from '@migrator/contracts/api/devices';
import type { Id } from '@migrator/contracts/ids';
import type { Sql } from '@migrator/service-kit/database';

export interface DeviceFilter {
  status?: DeviceStatus | undefined;
  search?: string | undefined;
}
export interface DevicePosition {
  createdAt: string;
  id: string;
}

/** A device that was seen within this time is there. */
const onlineMinutes = 10;

interface Row {
  id: Id<'dev'>;
  hostname: string;
  ip_address: string;
  domain: string;
  status: DeviceStatus;
  last_seen_at: Date | null;
  agent_version: string | null;
  created_at: Date;
}

const likePattern = (text: string): string => `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;

/** Up to `limit` devices, newest first, after a position. */
export async function listDevices(sql: Sql, orgId: string, { status, search }: DeviceFilter, after: DevicePosition | null, limit: number): Promise<Device[]> {
  const running = sql`exists (select 1 from devices.commands c where c.device_id = d.id and c.status = 'RUNNING')`;
  const seen = sql`coalesce(d.last_seen_at > now() - make_interval(mins => ${onlineMinutes}), false)`;
  const wanted = { MIGRATING: sql`and ${running}`, ONLINE: sql`and ${seen} and not ${running}`, OFFLINE: sql`and not ${seen} and not ${running}` };
  const rows = await sql<Row[]>`
    select d.id, d.hostname, d.ip_address, d.domain, case when ${running} then 'MIGRATING' when ${seen} then 'ONLINE' else 'OFFLINE' end as status, d.last_seen_at, d.agent_version, d.created_at
    from devices.devices d where d.org_id = ${orgId}
      ${after === null ? sql`` : sql`and (d.created_at, d.id) < (${after.createdAt}::timestamptz, ${after.id})`}
      ${status === undefined ? sql`` : wanted[status]}
      ${search === undefined ? sql`` : sql`and (lower(d.hostname) like ${likePattern(search)} or lower(d.domain) like ${likePattern(search)} or d.ip_address like ${likePattern(search)})`}
    order by d.created_at desc, d.id desc limit ${limit}`;
  return rows.map((row) => ({
    ...{ id: row.id, hostname: row.hostname, ipAddress: row.ip_address, domain: row.domain, status: row.status },
    ...{ lastSeenAt: row.last_seen_at?.toISOString() ?? null, agentVersion: row.agent_version, createdAt: row.created_at.toISOString() },
  }));
}
