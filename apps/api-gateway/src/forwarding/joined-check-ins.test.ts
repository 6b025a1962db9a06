import { AppError } from '@migrator/contracts/errors';
import { checkInsMax, type checkInsAnswer, type CheckInCall } from '@migrator/contracts/internal';
import type { InternalCall, InternalClient } from '@migrator/service-kit/internal-client';
import type { z } from 'zod';
import { joinCheckIns } from './joined-check-ins.js';

/** device-service, as a test wants it: each call waits until it is let go. */
class Devices {
  readonly calls: CheckInCall[][] = [];
  #letGo: (() => void)[] = [];
  held = false;

  readonly client: InternalClient = {
    call: async <S extends z.ZodType>({ body, answer }: InternalCall<S>): Promise<z.output<S>> => {
      const { calls } = body as { calls: CheckInCall[] };
      this.calls.push(calls);
      if (this.held) await new Promise<void>((resolve) => this.#letGo.push(resolve));
      const answers: z.input<typeof checkInsAnswer>['answers'] = calls.map((call) => (call.body.deviceId === 'gone' ? { code: 'DEVICE_NOT_FOUND', message: 'No.' } : call.body.deviceId === 'often' ? { code: 'RATE_LIMITED', message: 'Later.', retryAfterSeconds: 7 } : { commands: [] }));
      return answer.parse({ answers });
    },
    close: () => Promise.resolve(),
  };

  letGo(): void {
    this.held = false;
    for (const go of this.#letGo.splice(0)) go();
  }
}
const call = (deviceId: string): CheckInCall => ({ requestId: `req_${deviceId}`, address: '10.0.0.1', body: { deviceId, secret: 's' } });
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('alone a check-in goes in its own turn of the event loop; those of one turn go together', async () => {
  const devices = new Devices();
  const send = joinCheckIns(devices.client);
  await send(call('a'));
  await Promise.all([send(call('b')), send(call('c'))]);
  expect(devices.calls.map((calls) => calls.map(({ body }) => body.deviceId))).toEqual([['a'], ['b', 'c']]);
});

test('while one call is under way the others gather, and none waits for its end', async () => {
  const devices = new Devices();
  const send = joinCheckIns(devices.client);
  devices.held = true;
  const first = send(call('slow'));
  await nextTurn();
  devices.held = false;
  await Promise.all(['a', 'b', 'c'].map((id) => send(call(id))));
  expect(devices.calls).toHaveLength(2);
  devices.letGo();
  expect(await first).toEqual({ commands: [] });
});

test('a crowd goes in calls of the largest size, and everybody is answered', async () => {
  const devices = new Devices();
  const send = joinCheckIns(devices.client);
  const answers = await Promise.all(Array.from({ length: checkInsMax * 2 + 10 }, (_each, index) => send(call(`d${index}`))));
  expect(answers).toHaveLength(checkInsMax * 2 + 10);
  expect(Math.max(...devices.calls.map(({ length }) => length))).toBe(checkInsMax);
  expect(new Set(devices.calls.flat().map(({ body }) => body.deviceId)).size).toBe(checkInsMax * 2 + 10);
});

test('a refusal is its own agent’s alone, with its code and when to come back', async () => {
  const send = joinCheckIns(new Devices().client);
  const [fine, gone, often] = await Promise.allSettled([send(call('fine')), send(call('gone')), send(call('often'))]);
  expect(fine).toEqual({ status: 'fulfilled', value: { commands: [] } });
  expect(gone).toMatchObject({ status: 'rejected', reason: { code: 'DEVICE_NOT_FOUND' } });
  expect(often).toMatchObject({ status: 'rejected', reason: { code: 'RATE_LIMITED', retryAfterSeconds: 7 } });
});

test('when device-service is away all are told so, and the next are sent again', async () => {
  const devices = new Devices();
  let away = true;
  const send = joinCheckIns({ ...devices.client, call: (asked) => (away ? Promise.reject(new AppError('SERVICE_UNAVAILABLE', { publicMessage: 'Away.', retryAfterSeconds: 2 })) : devices.client.call(asked)) });
  const told = await Promise.allSettled([send(call('a')), send(call('b'))]);
  expect(told).toMatchObject([{ reason: { code: 'SERVICE_UNAVAILABLE' } }, { reason: { code: 'SERVICE_UNAVAILABLE' } }]);
  away = false;
  expect(await send(call('a'))).toEqual({ commands: [] });
});
