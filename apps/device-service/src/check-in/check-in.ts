/**
 * Check-ins: a hundred thousand machines say every few minutes that they are there. Those that arrive while others are being stored
 * share the next round of statements, so the database's work grows slower than their number; alone, one waits for nobody.
 */
import type { CheckInBody, FullMigrationPayload } from '@migrator/contracts/api/devices';
import { AppError } from '@migrator/contracts/errors';
import { isId, type Id } from '@migrator/contracts/ids';
import type { Sql } from '@migrator/service-kit/database';
import { isSecret } from '../agents/secret.js';
import { deviceNotFound, wrongSecret } from '../devices/device-errors.js';
import { findDevices, handOut, noteSeen, type HandedOut } from './check-in-repository.js';

export interface CheckInResult {
  orgId: Id<'org'>;
  commands: { id: Id<'cmd'>; type: 'FULL_MIGRATION'; payload: FullMigrationPayload }[];
}

export interface CheckInDeps {
  sql: Sql;
  /** How long an agent has to say that it works on a command before it is handed out again. */
  leaseSeconds: number;
  /** Check-ins of one device in a minute. */
  perDeviceMinute: number;
}

interface Waiting {
  body: CheckInBody;
  resolve(result: CheckInResult): void;
  reject(error: unknown): void;
}

/** Devices of one round. */
const roundMax = 500;
/** Rounds under way at once: one fills while the other is stored. */
const roundsMax = 2;

/** DEVICE_NOT_FOUND, UNAUTHORIZED for a wrong secret, RATE_LIMITED for a device that comes too often. */
export function makeCheckIn({ sql, leaseSeconds, perDeviceMinute }: CheckInDeps): (body: CheckInBody) => Promise<CheckInResult> {
  let queue: Waiting[] = [];
  let running = 0;

  const pump = (): void => {
    while (running < roundsMax && queue.length > 0) {
      const round = takeRound();
      running += 1;
      void store(round).finally(() => {
        running -= 1;
        pump();
      });
    }
  };

  /** The next devices, each once: a second call of the same device waits for the round after. */
  const takeRound = (): Waiting[] => {
    const round = new Map<string, Waiting>();
    const left: Waiting[] = [];
    for (const waiting of queue) {
      if (round.size < roundMax && !round.has(waiting.body.deviceId)) round.set(waiting.body.deviceId, waiting);
      else left.push(waiting);
    }
    queue = left;
    return [...round.values()];
  };

  const store = async (round: Waiting[]): Promise<void> => {
    try {
      const known = await findDevices(sql, round.map(({ body }) => body.deviceId));
      const proven: Waiting[] = [];
      for (const waiting of round) {
        const device = known.get(waiting.body.deviceId);
        if (device === undefined) waiting.reject(deviceNotFound());
        else if (!isSecret(waiting.body.secret, device.secretHash)) waiting.reject(wrongSecret());
        else proven.push(waiting);
      }
      if (proven.length === 0) return;
      const noted = await noteSeen(sql, proven.map(({ body }) => ({ deviceId: body.deviceId, agentVersion: body.agentVersion ?? null, ipAddress: body.ipAddress ?? null })));
      const withCommands = proven.filter(({ body }) => {
        const note = noted.get(body.deviceId);
        return note?.hasOpenCommands === true && note.minuteCalls <= perDeviceMinute;
      });
      const handed = new Map<string, HandedOut>();
      if (withCommands.length > 0) for (const command of await handOut(sql, withCommands.map(({ body }) => body.deviceId), leaseSeconds)) handed.set(command.deviceId, command);
      for (const { body, resolve, reject } of proven) {
        const note = noted.get(body.deviceId);
        const device = known.get(body.deviceId);
        if (note === undefined || device === undefined) reject(deviceNotFound());
        else if (note.minuteCalls > perDeviceMinute) reject(new AppError('RATE_LIMITED', { publicMessage: `A device may check in ${perDeviceMinute} times a minute.`, retryAfterSeconds: note.secondsLeft }));
        else {
          const command = handed.get(body.deviceId);
          resolve({ orgId: device.orgId, commands: command === undefined ? [] : [{ id: command.id, type: command.type, payload: command.payload }] });
        }
      }
    } catch (error) {
      // Settling twice is nothing: those that have their answer keep it.
      for (const { reject } of round) reject(error);
    }
  };

  return (body) => {
    if (!isId('dev', body.deviceId)) return Promise.reject(deviceNotFound());
    return new Promise((resolve, reject) => {
      queue.push({ body, resolve, reject });
      pump();
    });
  };
}
