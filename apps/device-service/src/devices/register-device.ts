/** A machine registers. The same machine again takes the place of its old row. */
import type { RegisterDeviceBody } from '@migrator/contracts/api/devices';
import { AppError } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import type { Outbox } from '@migrator/messaging/outbox';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import { hashSecret, isSecret, newSecret } from '../agents/secret.js';
import { endOpenCommands, moveCommands } from '../commands/command-repository.js';
import { findEnrollment } from '../enrollment/enrollment-repository.js';
import { findAlike, insertDevice, lockMachine, removeDevices } from './device-repository.js';
import { isSameMachine, machineKeys } from './machine.js';

/**
 * FORBIDDEN without the enrolment token that the organisation demands. What the replaced row had to do ends (a package is not handed
 * to a machine that has only said its name), and its history moves on to the new row.
 */
export const makeRegisterDevice =
  ({ sql, outbox, ids, clock }: { sql: Sql; outbox: Outbox; ids: Ids; clock: Clock }) =>
  async (orgId: Id<'org'>, body: RegisterDeviceBody): Promise<{ deviceId: Id<'dev'>; secret: string }> => {
    const secret = newSecret();
    const keys = machineKeys(body);
    const deviceId = ids.next('dev');
    await inTransaction(sql, async (tx) => {
      const enrollment = await findEnrollment(tx, orgId);
      if (enrollment?.required === true && (enrollment.tokenHash === null || body.enrollmentToken === undefined || !isSecret(body.enrollmentToken, enrollment.tokenHash)))
        throw new AppError('FORBIDDEN', { publicMessage: 'This organisation takes new devices only with its enrolment token (enrollmentToken).' });
      await lockMachine(tx, orgId, keys);
      const replaced = (await findAlike(tx, orgId, keys)).filter((other) => isSameMachine(other, keys)).map(({ id }) => id);
      const at = clock.now();
      await insertDevice(tx, {
        ...{ id: deviceId, orgId, hostname: body.hostname, domain: body.domain, ipAddress: body.ipAddress, os: body.os ?? null, serial: body.serial ?? null, agentVersion: body.agentVersion ?? null },
        ...{ secretHash: hashSecret(secret), createdAt: at, ...keys },
      });
      if (replaced.length > 0) {
        const ended = await endOpenCommands(tx, replaced, at, 'The machine registered again; whether it had begun is not known.');
        await moveCommands(tx, replaced, deviceId);
        await removeDevices(tx, replaced);
        for (const command of ended) await outbox.add(tx, 'device.command_finished', { orgId, deviceId, commandId: command.id, status: command.status, at: at.toISOString() });
      }
      await outbox.add(tx, 'device.registered', { orgId, deviceId, replaces: replaced, at: at.toISOString() });
    });
    return { deviceId, secret };
  };
