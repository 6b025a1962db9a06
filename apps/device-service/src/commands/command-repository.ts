/** SQL for commands. No rules: which moves are legal stands in command.ts. */
import type { CommandStatus, FullMigrationPayload } from '@migrator/contracts/api/devices';
import type { Id } from '@migrator/contracts/ids';
import type { Queryable, TransactionSql } from '@migrator/service-kit/database';
import { statesBefore } from './command.js';

export interface NewCommand {
  id: Id<'cmd'>;
  deviceId: Id<'dev'>;
  type: 'FULL_MIGRATION';
  payload: FullMigrationPayload;
  createdBy: string;
  createdAt: Date;
}

export async function insertCommand(tx: TransactionSql, { id, deviceId, type, payload, createdBy, createdAt }: NewCommand): Promise<void> {
  await tx`insert into devices.commands (id, device_id, type, payload, status, created_by, created_at, updated_at)
    values (${id}, ${deviceId}, ${type}, ${JSON.stringify(payload)}::jsonb, 'PENDING', ${createdBy}, ${createdAt}, ${createdAt})`;
}

/** The state of a command of this device, locked; null when there is none. */
export async function lockCommand(tx: TransactionSql, deviceId: string, id: string): Promise<CommandStatus | null> {
  const [row] = await tx<{ status: CommandStatus }[]>`select status from devices.commands where id = ${id} and device_id = ${deviceId} for update`;
  return row?.status ?? null;
}

/** Writes a state that command.ts allows for the locked row; `result` undefined leaves what is there. */
export async function setCommand(tx: TransactionSql, id: string, to: CommandStatus, at: Date, { result, acknowledged }: { result?: unknown; acknowledged?: boolean } = {}): Promise<void> {
  await tx`update devices.commands set status = ${to}, updated_at = ${at}, acknowledged = acknowledged or ${acknowledged ?? false},
    result = case when ${result === undefined} then result else ${JSON.stringify(result ?? null)}::jsonb end where id = ${id}`;
}

/** Ends every open command of devices that go, each as the table says; the ones that ended. */
export async function endOpenCommands(tx: TransactionSql, deviceIds: readonly string[], at: Date, why: string): Promise<{ id: Id<'cmd'>; deviceId: Id<'dev'>; status: 'ERROR' | 'CANCELLED' }[]> {
  const open = statesBefore('device-gone');
  const rows = await tx<{ id: Id<'cmd'>; device_id: Id<'dev'>; status: 'ERROR' | 'CANCELLED' }[]>`
    update devices.commands set status = case status when 'RUNNING' then 'ERROR' else 'CANCELLED' end, updated_at = ${at}, result = ${JSON.stringify({ error: why })}::jsonb
    where device_id = any(${[...deviceIds]}) and status = any(${open}) returning id, device_id, status`;
  return rows.map((row) => ({ id: row.id, deviceId: row.device_id, status: row.status }));
}

/** Moves the history of replaced devices to the one that takes their place. */
export async function moveCommands(tx: TransactionSql, from: readonly string[], to: string): Promise<void> {
  await tx`update devices.commands set device_id = ${to} where device_id = any(${[...from]})`;
}

export interface CommandRow {
  id: Id<'cmd'>;
  type: 'FULL_MIGRATION';
  status: CommandStatus;
  result: unknown;
  createdAt: Date;
  updatedAt: Date;
}

/** Up to `limit` commands of a device, newest first, after a position. */
export async function listCommands(sql: Queryable, deviceId: string, status: CommandStatus | undefined, after: { createdAt: string; id: string } | null, limit: number): Promise<CommandRow[]> {
  const rows = await sql<{ id: Id<'cmd'>; type: 'FULL_MIGRATION'; status: CommandStatus; result: unknown; created_at: Date; updated_at: Date }[]>`
    select id, type, status, result, created_at, updated_at from devices.commands
    where device_id = ${deviceId} ${status === undefined ? sql`` : sql`and status = ${status}`} ${after === null ? sql`` : sql`and (created_at, id) < (${after.createdAt}::timestamptz, ${after.id})`}
    order by created_at desc, id desc limit ${limit}`;
  return rows.map((row) => ({ id: row.id, type: row.type, status: row.status, result: row.result, createdAt: row.created_at, updatedAt: row.updated_at }));
}
