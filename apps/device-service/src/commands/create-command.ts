/** A person tells a device what to do. */
import type { FullMigrationPayload } from '@migrator/contracts/api/devices';
import type { Id } from '@migrator/contracts/ids';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import { deviceNotFound } from '../devices/device-errors.js';
import { lockDevice } from '../devices/device-repository.js';
import { insertCommand } from './command-repository.js';

export interface CreateCommand {
  orgId: Id<'org'>;
  deviceId: Id<'dev'>;
  type: 'FULL_MIGRATION';
  payload: FullMigrationPayload;
  actor: string;
}

/** DEVICE_NOT_FOUND. Commands wait in the order of their making: each is a moment later than the one before it. */
export const makeCreateCommand =
  ({ sql, ids, clock }: { sql: Sql; ids: Ids; clock: Clock }) =>
  ({ orgId, deviceId, type, payload, actor }: CreateCommand): Promise<{ id: Id<'cmd'>; createdAt: Date }> =>
    inTransaction(sql, async (tx) => {
      if (!(await lockDevice(tx, orgId, deviceId))) throw deviceNotFound();
      const command = { id: ids.next('cmd'), createdAt: clock.now() };
      await insertCommand(tx, { ...command, deviceId, type, payload, createdBy: actor });
      return command;
    });
