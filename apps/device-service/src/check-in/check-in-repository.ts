/** SQL of the check-in: three statements for any number of devices at once, the third only for those with something to do. */
import type { FullMigrationPayload } from '@migrator/contracts/api/devices';
import type { Id } from '@migrator/contracts/ids';
import type { Sql } from '@migrator/service-kit/database';

export interface KnownDevice {
  id: Id<'dev'>;
  orgId: Id<'org'>;
  secretHash: Uint8Array;
}

export async function findDevices(sql: Sql, ids: readonly string[]): Promise<Map<string, KnownDevice>> {
  const rows = await sql<{ id: Id<'dev'>; org_id: Id<'org'>; secret_hash: Uint8Array }[]>`select id, org_id, secret_hash from devices.devices where id = any(${[...ids]})`;
  return new Map(rows.map((row) => [row.id, { id: row.id, orgId: row.org_id, secretHash: row.secret_hash }]));
}

export interface Seen {
  deviceId: string;
  agentVersion: string | null;
  ipAddress: string | null;
}
export interface Noted {
  /** Calls in the device's present minute, this one among them, and how long that minute still lasts. */
  minuteCalls: number;
  secondsLeft: number;
  /** It has commands that are neither done nor cancelled. */
  hasOpenCommands: boolean;
}

/** Notes that devices were seen; a device that is gone meanwhile is left out. Rows are locked in the order of their ids: two batches wait, and never for each other. */
export async function noteSeen(sql: Sql, seen: readonly Seen[]): Promise<Map<string, Noted>> {
  const rows = await sql<{ id: string; minute_calls: number; seconds_left: number; open: boolean }[]>`
    with given as (select * from unnest(${seen.map(({ deviceId }) => deviceId)}::text[], ${seen.map(({ agentVersion }) => agentVersion ?? '')}::text[], ${seen.map(({ ipAddress }) => ipAddress ?? '')}::text[]) as g (id, agent_version, ip_address)),
    locked as materialized (select d.id from devices.devices d where d.id = any(${seen.map(({ deviceId }) => deviceId)}) order by d.id for no key update)
    update devices.devices d set last_seen_at = now(), agent_version = coalesce(nullif(g.agent_version, ''), d.agent_version), ip_address = coalesce(nullif(g.ip_address, ''), d.ip_address),
      minute_calls = case when d.minute_began_at > now() - interval '1 minute' then d.minute_calls + 1 else 1 end,
      minute_began_at = case when d.minute_began_at > now() - interval '1 minute' then d.minute_began_at else now() end
    from locked l join given g on g.id = l.id where d.id = l.id
    returning d.id, d.minute_calls, ceil(extract(epoch from d.minute_began_at + interval '1 minute' - now()))::int as seconds_left,
      exists (select 1 from devices.commands c where c.device_id = d.id and c.status in ('PENDING', 'RUNNING')) as open`;
  return new Map(rows.map((row) => [row.id, { minuteCalls: row.minute_calls, secondsLeft: Math.max(1, row.seconds_left), hasOpenCommands: row.open }]));
}

export interface HandedOut {
  id: Id<'cmd'>;
  deviceId: string;
  type: 'FULL_MIGRATION';
  payload: FullMigrationPayload;
}

/**
 * Hands out what is due, one command a device at most, and marks it in the same statement: the oldest that waits when none runs, or the
 * running one again when its lease is over and its agent never said that it works on it. The conditions are asked of the row as it is
 * once it is locked, so of two check-ins at once one gets it.
 */
export async function handOut(sql: Sql, deviceIds: readonly string[], leaseSeconds: number): Promise<HandedOut[]> {
  const rows = await sql<{ id: Id<'cmd'>; device_id: string; type: 'FULL_MIGRATION'; payload: FullMigrationPayload }[]>`
    with locked as materialized (select d.id from devices.devices d where d.id = any(${[...deviceIds]}) order by d.id for update),
    next as (
      select distinct on (c.device_id) c.id from devices.commands c join locked l on l.id = c.device_id
      where c.status in ('PENDING', 'RUNNING') order by c.device_id, (c.status = 'RUNNING') desc, c.created_at, c.id
    )
    update devices.commands c set status = 'RUNNING', updated_at = now(), handed_out_at = now(), lease_until = now() + make_interval(secs => ${leaseSeconds})
    from next n where c.id = n.id and (c.status = 'PENDING' or (c.status = 'RUNNING' and not c.acknowledged and c.lease_until < now()))
    returning c.id, c.device_id, c.type, c.payload`;
  return rows.map((row) => ({ id: row.id, deviceId: row.device_id, type: row.type, payload: row.payload }));
}
