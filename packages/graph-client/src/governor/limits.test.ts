import { budgetKey, parseLimitOverrides, publishedLimits, scopesOf } from './limits.js';

test('every limit has a name of its own and says where it is published', () => {
  expect(new Set(publishedLimits.map(({ name }) => name)).size).toBe(publishedLimits.length);
  for (const { name, source, windowMs, measure } of publishedLimits) {
    expect({ name, source }).toEqual({ name, source: expect.stringMatching(/^https:\/\/learn\.microsoft\.com\/|^not published/) as string });
    expect(windowMs === null).toBe(measure === 'inFlight');
  }
});

test('a mailbox counts for itself and for the application; files by resource units a minute and a day; a thread for its team’s tenant too', () => {
  const scopes = (...args: Parameters<typeof scopesOf> extends [...infer A, unknown] ? A : never) => scopesOf(...args, {}).map(({ key, windows, inFlight }) => [key, windows.map(({ name, max, windowMs }) => `${name} ${max}/${windowMs}`), inFlight]);
  expect(scopes('app', 't', { kind: 'outlook', mailbox: 'ADA' })).toEqual([
    ['app/t/outlook/ada', ['outlook.requests 10000/600000', `outlook.bytes ${150 * 1024 * 1024}/300000`], 4],
    ['app/graph', ['graph.requests 130000/10000'], null],
  ]);
  expect(scopes('app', 't', { kind: 'files' })[0]).toEqual(['app/t/files', ['files.unitsPerMinute 1250/60000', 'files.unitsPerDay 1200000/86400000', `files.bytes ${400 * 1024 ** 3}/3600000`], 32]);
  expect(scopes('app', 't', { kind: 'files', sharing: true }).map(([key]) => key)).toEqual(['app/t/files/sharing', 'app/t/files', 'app/graph']);
  expect(scopes('app', 't', { kind: 'files' })).toHaveLength(2);
  expect(scopes('app', 't', { kind: 'teams', thread: '19:x' }).map(([key]) => key)).toEqual(['app/t/teams/19:x', 'app/t/teams', 'app/graph']);
  expect(scopes('app', 't', { kind: 'none' })).toEqual([]);
  expect(budgetKey('app', 't', { kind: 'outlook', mailbox: 'ADA' })).toBe('app/t/outlook/ada');
});

test('an operator changes limits for all, for one tenant, and the length of all windows', () => {
  const overrides = parseLimitOverrides('{"windowsShorterBy":10,"limits":{"outlook.requests":{"max":12000}},"tenants":{"T1":{"outlook.requests":{"max":20000,"windowMs":300000},"outlook.inFlight":{"max":8}}}}');
  const mailbox = { kind: 'outlook', mailbox: 'm' } as const;
  expect(scopesOf('app', 't1', mailbox, overrides)[0]).toMatchObject({ inFlight: 8, windows: [{ max: 20_000, windowMs: 30_000 }, { windowMs: 30_000 }] });
  expect(scopesOf('app', 't2', mailbox, overrides)[0]).toMatchObject({ inFlight: 4, windows: [{ max: 12_000, windowMs: 60_000 }, { windowMs: 30_000 }] });
  expect(parseLimitOverrides('')).toEqual({});
});

test.each([
  ['{', 'must be JSON'],
  ['[]', 'must be an object'],
  ['{"limit":{}}', 'knows no "limit"'],
  ['{"limits":{"outlook.request":{"max":1}}}', 'limits.outlook.request is no limit'],
  ['{"limits":{"outlook.requests":{"max":0}}}', 'limits.outlook.requests.max must be a number above zero'],
  ['{"limits":{"outlook.inFlight":{"windowMs":5}}}', 'limits.outlook.inFlight takes max'],
  ['{"windowsShorterBy":"2"}', 'windowsShorterBy must be a number above zero'],
])('%s is refused with what is wrong', (text, says) => {
  expect(() => parseLimitOverrides(text)).toThrow(says);
});
