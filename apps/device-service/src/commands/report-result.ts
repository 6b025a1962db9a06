/** An agent reports how a command goes. */
import type { ReportResultBody } from '@migrator/contracts/api/devices';
import { AppError, notFound } from '@migrator/contracts/errors';
import { isId, type Id } from '@migrator/contracts/ids';
import type { Outbox } from '@migrator/messaging/outbox';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import { isSecret } from '../agents/secret.js';
import { deviceNotFound, wrongSecret } from '../devices/device-errors.js';
import { lockCommand, setCommand } from './command-repository.js';
import { eventOfReport, moves } from './command.js';

/**
 * DEVICE_NOT_FOUND, UNAUTHORIZED for a wrong secret, COMMAND_NOT_FOUND for a command of another device, COMMAND_FINISHED for another
 * end than the one that was reported. The same report again changes nothing.
 */
export const makeReportResult =
  ({ sql, outbox, clock }: { sql: Sql; outbox: Outbox; clock: Clock }) =>
  async ({ deviceId, secret, commandId, status: reported, result }: ReportResultBody): Promise<Id<'org'>> => {
    if (!isId('dev', deviceId)) throw deviceNotFound();
    return inTransaction(sql, async (tx) => {
      // The device first, as everywhere: two at once wait for one another and never for each other.
      const [device] = await tx<{ org_id: Id<'org'>; secret_hash: Uint8Array }[]>`select org_id, secret_hash from devices.devices where id = ${deviceId} for update`;
      if (device === undefined) throw deviceNotFound();
      if (!isSecret(secret, device.secret_hash)) throw wrongSecret();
      const status = isId('cmd', commandId) ? await lockCommand(tx, deviceId, commandId) : null;
      if (status === null || !isId('cmd', commandId)) throw notFound('COMMAND_NOT_FOUND');
      const move = moves[status][eventOfReport[reported]];
      if ('refused' in move) {
        if (move.refused === 'COMMAND_FINISHED') throw new AppError('COMMAND_FINISHED', { publicMessage: `The command has ended already: ${status}.` });
        throw new AppError('CONFLICT', { publicMessage: 'The command has not been handed out to the device.' });
      }
      const at = clock.now();
      if ('to' in move) {
        await setCommand(tx, commandId, move.to, at, { result, acknowledged: true });
        await outbox.add(tx, 'device.command_finished', { orgId: device.org_id, deviceId, commandId, status: reported === 'DONE' ? 'DONE' : 'ERROR', at: at.toISOString() });
      } else if (status === 'RUNNING') await setCommand(tx, commandId, 'RUNNING', at, { result, acknowledged: true });
      return device.org_id;
    });
  };
