/** A person takes a waiting command back. */
import { AppError, notFound } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import type { Outbox } from '@migrator/messaging/outbox';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import { deviceNotFound } from '../devices/device-errors.js';
import { lockDevice } from '../devices/device-repository.js';
import { lockCommand, setCommand } from './command-repository.js';
import { moves } from './command.js';

/** DEVICE_NOT_FOUND, COMMAND_NOT_FOUND, or COMMAND_NOT_CANCELLABLE once it has been handed out or has ended. */
export const makeCancelCommand =
  ({ sql, outbox, clock }: { sql: Sql; outbox: Outbox; clock: Clock }) =>
  ({ orgId, deviceId, commandId }: { orgId: Id<'org'>; deviceId: Id<'dev'>; commandId: Id<'cmd'> }): Promise<void> =>
    inTransaction(sql, async (tx) => {
      if (!(await lockDevice(tx, orgId, deviceId))) throw deviceNotFound();
      const status = await lockCommand(tx, deviceId, commandId);
      if (status === null) throw notFound('COMMAND_NOT_FOUND');
      const move = moves[status].cancel;
      if (!('to' in move)) throw new AppError('COMMAND_NOT_CANCELLABLE', { publicMessage: status === 'RUNNING' ? 'The device has taken the command already.' : `The command has ended: ${status}.` });
      const at = clock.now();
      await setCommand(tx, commandId, move.to, at);
      await outbox.add(tx, 'device.command_finished', { orgId, deviceId, commandId, status: 'CANCELLED', at: at.toISOString() });
    });
