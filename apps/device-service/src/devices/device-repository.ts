/** SQL for devices: insert, lock, remove. No rules. */
import type { Id } from '@migrator/contracts/ids';
import type { Queryable, TransactionSql } from '@migrator/service-kit/database';
import type { MachineKeys } from './machine.js';

export interface NewDevice extends MachineKeys {
  id: Id<'dev'>;
  orgId: Id<'org'>;
  hostname: string;
  domain: string;
  ipAddress: string;
  os: string | null;
  serial: string | null;
  agentVersion: string | null;
  secretHash: Buffer;
  createdAt: Date;
}

export async function insertDevice(tx: TransactionSql, device: NewDevice): Promise<void> {
  await tx`insert into devices.devices (id, org_id, hostname, domain, ip_address, os, serial, agent_version, secret_hash, serial_key, name_key, created_at)
    values (${device.id}, ${device.orgId}, ${device.hostname}, ${device.domain}, ${device.ipAddress}, ${device.os}, ${device.serial}, ${device.agentVersion}, ${device.secretHash}, ${device.serialKey}, ${device.nameKey}, ${device.createdAt})`;
}

/** Locks the organisation's registrations with these keys until the end of the transaction: of two for one machine the second sees the first. */
export async function lockMachine(tx: TransactionSql, orgId: string, { serialKey, nameKey }: MachineKeys): Promise<void> {
  const keys = [`name ${nameKey}`, ...(serialKey === null ? [] : [`serial ${serialKey}`])].map((key) => `devices ${orgId} ${key}`).sort();
  for (const key of keys) await tx`select pg_advisory_xact_lock(hashtextextended(${key}, 7))`;
}

/** Devices of the organisation that share a key; whether they are the same machine is machine.ts's to say. Locked. */
export async function findAlike(tx: TransactionSql, orgId: string, { serialKey, nameKey }: MachineKeys): Promise<(MachineKeys & { id: Id<'dev'> })[]> {
  const rows = await tx<{ id: Id<'dev'>; serial_key: string | null; name_key: string }[]>`
    select id, serial_key, name_key from devices.devices where org_id = ${orgId} and (name_key = ${nameKey} or serial_key = ${serialKey}) order by id for update`;
  return rows.map((row) => ({ id: row.id, serialKey: row.serial_key, nameKey: row.name_key }));
}

/** True when there was such a device of this organisation; it is locked. */
export async function lockDevice(tx: TransactionSql, orgId: string, id: string): Promise<boolean> {
  const rows = await tx`select 1 from devices.devices where id = ${id} and org_id = ${orgId} for update`;
  return rows.length === 1;
}

export async function isDevice(sql: Queryable, orgId: string, id: string): Promise<boolean> {
  const rows = await sql`select 1 from devices.devices where id = ${id} and org_id = ${orgId}`;
  return rows.length === 1;
}

/** Its commands go with it. */
export async function removeDevices(tx: TransactionSql, ids: readonly string[]): Promise<void> {
  await tx`delete from devices.devices where id = any(${[...ids]})`;
}
