import type { Id } from '@migrator/contracts/ids';
import { createLogger } from '@migrator/service-kit/logger';
import { eventually } from '@migrator/testing/eventually';
import type { Credential } from './authenticate.js';
import { createOpenStreams, type OpenStreams } from './open-streams.js';
import type { Principal } from './principal.js';

const orgId: Id<'org'> = 'org_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const mayRead: Principal = { kind: 'key', keyId: 'key_01ARZ3NDEKTSV4RRFFQ69G5FAV', orgId, role: 'viewer', scopes: ['read'], rateLimitPerMinute: 1, name: 'a key' };
let holders: Record<string, Principal | null | Error> = {};
let looks = 0;
let streams: OpenStreams | undefined;
const start = (recheckMs: number): OpenStreams =>
  (streams = createOpenStreams({
    authenticator: {
      holder: ({ headers }: Credential) => {
        looks += 1;
        const found = holders[headers.authorization ?? ''] ?? null;
        return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
      },
    },
    logger: createLogger('test', 'silent'),
    recheckMs,
  }));
afterEach(() => streams?.stop());
beforeEach(() => {
  looks = 0;
});
const watch = (authorization: string): { closed: number; end: () => void } => {
  const stream = { closed: 0, end: (): void => undefined };
  stream.end = streams!.watch({ credential: { headers: { authorization }, secure: false }, orgId, scope: 'read', close: () => { stream.closed += 1; } });
  return stream;
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a change ends the streams of those who may not read any more, and of nobody else, with one look for each caller', async () => {
  start(60_000);
  holders = { gone: null, stays: mayRead, elsewhere: { ...mayRead, orgId: 'org_01ARZ3NDEKTSV4RRFFQ69G5FAW' }, less: { ...mayRead, scopes: [] } };
  const [gone, stays, elsewhere, less] = [watch('gone'), watch('stays'), watch('elsewhere'), watch('less')];
  watch('stays');
  const left = watch('gone');
  left.end();
  streams!.recheck();
  await turn();
  expect([gone, stays, elsewhere, less, left].map(({ closed }) => closed)).toEqual([1, 0, 1, 1, 0]);
  expect(looks).toBe(4);
});

test('a change that nobody told is found at the next regular look', async () => {
  start(20);
  holders = { one: mayRead };
  const one = watch('one');
  await eventually('looked at', () => looks > 1);
  expect(one.closed).toBe(0);
  holders = { one: null };
  await eventually('ended', () => one.closed > 0);
});

test('a change that is told during a look is not lost', async () => {
  start(60_000);
  holders = { one: mayRead };
  const one = watch('one');
  streams!.recheck();
  holders = { one: null };
  streams!.recheck();
  await turn();
  expect(one.closed).toBe(1);
});

test('while access cannot be looked up streams go on, and stopping ends them all', async () => {
  start(60_000);
  holders = { one: new Error('no database') };
  const one = watch('one');
  streams!.recheck();
  await turn();
  expect(one.closed).toBe(0);
  streams!.stop();
  expect(one.closed).toBe(1);
});
