/** A device is removed: its commands end and go with it, and its agent is told 404 from then on. */
import type { Id } from '@migrator/contracts/ids';
import type { Outbox } from '@migrator/messaging/outbox';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import { endOpenCommands } from '../commands/command-repository.js';
import { deviceNotFound } from './device-errors.js';
import { lockDevice, removeDevices } from './device-repository.js';

export const makeDeleteDevice =
  ({ sql, outbox, clock }: { sql: Sql; outbox: Outbox; clock: Clock }) =>
  (orgId: Id<'org'>, deviceId: Id<'dev'>): Promise<void> =>
    inTransaction(sql, async (tx) => {
      if (!(await lockDevice(tx, orgId, deviceId))) throw deviceNotFound();
      const at = clock.now();
      for (const command of await endOpenCommands(tx, [deviceId], at, 'The device was removed.')) await outbox.add(tx, 'device.command_finished', { orgId, deviceId, commandId: command.id, status: command.status, at: at.toISOString() });
      await removeDevices(tx, [deviceId]);
      await outbox.add(tx, 'device.deleted', { orgId, deviceId, at: at.toISOString() });
    });
