/**
 * Agents' check-ins on their way to device-service: those that arrive while others are under way travel together, so that a hundred
 * thousand machines cost the two services few calls; alone, one waits for nobody.
 */
import type { CheckInBody } from '@migrator/contracts/api/devices';
import { AppError } from '@migrator/contracts/errors';
import { checkInsAnswer, checkInsMax, type CheckInCall } from '@migrator/contracts/internal';
import { serviceIdentity } from '@migrator/service-kit/identity';
import type { InternalClient } from '@migrator/service-kit/internal-client';
import type { z } from 'zod';

type Given = z.output<typeof checkInsAnswer>['answers'][number];
/** The answer's JSON. Throws what device-service refused it with; SERVICE_UNAVAILABLE when it is away. */
export type SendCheckIn = (call: { requestId: string; address: string; body: CheckInBody }) => Promise<Given>;

interface Waiting {
  call: CheckInCall;
  resolve(answer: Given): void;
  reject(error: unknown): void;
}

/** While a call is under way the next one gathers for this long. */
const gatherMs = 10;
/** Calls under way at once. */
const underWayMax = 8;
const patienceMs = 15_000;

export function joinCheckIns(devices: InternalClient): SendCheckIn {
  let waiting: Waiting[] = [];
  let underWay = 0;
  let begun = false;

  const pump = (): void => {
    begun = false;
    if (underWay >= underWayMax) return;
    const together = waiting.slice(0, checkInsMax);
    waiting = waiting.slice(checkInsMax);
    underWay += 1;
    void send(together).finally(() => {
      underWay -= 1;
      begin();
    });
    begin();
  };
  /** Alone: at the end of this turn of the event loop, with what came in it. */
  const begin = (): void => {
    if (begun || waiting.length === 0 || underWay >= underWayMax) return;
    begun = true;
    if (underWay === 0 || waiting.length >= checkInsMax) setImmediate(pump);
    else setTimeout(pump, gatherMs);
  };

  const send = async (together: Waiting[]): Promise<void> => {
    try {
      const { answers } = await devices.call({
        ...{ method: 'POST', path: '/internal/check-ins', identity: serviceIdentity('api-gateway', together[0]?.call.requestId ?? 'none') },
        ...{ body: { calls: together.map(({ call }) => call) }, answer: checkInsAnswer, timeoutMs: patienceMs },
      });
      for (const [index, { resolve, reject }] of together.entries()) {
        const answer = answers[index];
        if (answer === undefined) reject(new Error('device-service left a check-in unanswered'));
        else if ('code' in answer) reject(new AppError(answer.code, { publicMessage: answer.message, ...(answer.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: answer.retryAfterSeconds }) }));
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  };

  return (call) =>
    new Promise((resolve, reject) => {
      waiting.push({ call, resolve, reject });
      begin();
    });
}
