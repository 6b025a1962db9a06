import { World, newOrg } from '../testing/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

const pairOf = (sourcePeople: string[], destPeople: string[]) => ({ sourceTenantId: world.addTenant('source', sourcePeople), destTenantId: world.addTenant('destination', destPeople), type: 'EMAIL' });
const queryOf = (pair: ReturnType<typeof pairOf>) => new URLSearchParams(pair).toString();
const put = (pair: ReturnType<typeof pairOf>, csv: string, scopes?: ['read']) => world.call('PUT', `/v1/mappings?${queryOf(pair)}`, csv, { contentType: 'text/csv', ...(scopes === undefined ? {} : { scopes }) });
const match = async (pair: ReturnType<typeof pairOf>, more = {}) => (await world.call('POST', '/v1/mappings/match', { ...pair, ...more })).body;

test('the match comes in pages, in order, with a summary of all of it', async () => {
  const pair = pairOf(['eve', 'ann', 'dan', 'bob', 'cat'], ['ann', 'bob', 'cat']);
  const first = await match(pair, { limit: 2 });
  expect(first.mappings.map(({ source, dest, how }: Record<string, string>) => [source, dest, how])).toEqual([['ann@src.example', 'ann@dst.example', 'automatic'], ['bob@src.example', 'bob@dst.example', 'automatic']]);
  expect(first.summary).toEqual({ automatic: 3, corrected: 0, excluded: 0, unmatched: 2, problems: 0 });
  const second = await match(pair, { limit: 2, cursor: first.nextCursor });
  const third = await match(pair, { limit: 2, cursor: second.nextCursor });
  expect([...second.mappings, ...third.mappings].map(({ source }: { source: string }) => source)).toEqual(['cat@src.example', 'dan@src.example', 'eve@src.example']);
  expect([third.hasMore, third.nextCursor]).toEqual([false, null]);
});

test('what is downloaded and uploaded again changes nothing; corrections change the match, the download and the next job', async () => {
  const pair = pairOf(['ann', 'bob', 'cat'], ['ann', 'bob', 'zoe']);
  const sheet = (await world.call('GET', `/v1/mappings?${queryOf(pair)}`)).text;
  expect(sheet).toBe('source,dest,how,problem\r\nann@src.example,ann@dst.example,automatic,\r\nbob@src.example,bob@dst.example,automatic,\r\ncat@src.example,,unmatched,\r\n');
  expect((await put(pair, sheet)).body).toEqual({ rows: 3, corrected: 0, excluded: 0 });
  const corrected = sheet.replace('bob@dst.example', '-').replace('cat@src.example,', 'cat@src.example,ZOE@dst.example');
  expect((await put(pair, `\ufeff${corrected}`)).body).toEqual({ rows: 3, corrected: 1, excluded: 1 });
  const after = await match(pair);
  expect(after.mappings.map(({ dest, how }: Record<string, string>) => [dest, how])).toEqual([['ann@dst.example', 'automatic'], [null, 'excluded'], ['zoe@dst.example', 'corrected']]);
  expect((await world.call('GET', `/v1/mappings?${queryOf(pair)}`)).text).toContain('bob@src.example,-,excluded,');
  const job = await world.call('POST', '/v1/jobs', pair);
  const { units } = (await world.call('GET', `/v1/jobs/${job.body.job.id}/units`)).body;
  expect(units.map(({ source, dest }: Record<string, string>) => [source, dest]).sort()).toEqual([['ann@src.example', 'ann@dst.example'], ['cat@src.example', 'zoe@dst.example']]);
  expect((await world.messages(job.body.job.id))[0]).toContain('1 left out by the uploaded mapping');
});

test('semicolons and cells that were kept from being formulas are understood', async () => {
  const pair = pairOf(['=ann', 'bob'], ['zoe', 'bob']);
  expect((await world.call('GET', `/v1/mappings?${queryOf(pair)}`)).text).toContain("'=ann@src.example,");
  expect((await put(pair, "how;source;dest\r\n;'=ann@src.example;zoe@dst.example\r\n")).body).toEqual({ rows: 1, corrected: 1, excluded: 0 });
});

test('an upload with a line that cannot be right changes nothing and names every such line', async () => {
  const pair = pairOf(['ann', 'bob'], ['ann', 'zoe']);
  await put(pair, 'source,dest\nann@src.example,zoe@dst.example\n');
  const refused = await put(pair, 'source,dest\nann@src.example,ann@dst.example\n\nnobody@src.example,zoe@dst.example\nbob@src.example,nobody@dst.example\nANN@src.example,\n');
  expect(refused.status).toBe(422);
  expect(refused.body.errors.map(({ path }: { path: string }) => path)).toEqual(['line 4', 'line 5', 'line 6']);
  expect((await match(pair)).mappings[0]).toMatchObject({ dest: 'zoe@dst.example', how: 'corrected' });
});

test.each([
  ['no header', 'ann@src.example,ann@dst.example\n'],
  ['an open quote', 'source,dest\n"ann@src.example,x\n'],
  ['control characters', 'source,dest\nann\u0007@src.example,x\n'],
  ['no source', 'source,dest\n,x\n'],
  ['a name without end', `source,dest\n${'a'.repeat(401)},x\n`],
])('an upload with %s is refused with 422', async (_what, csv) => {
  expect((await put(pairOf(['ann'], ['ann']), csv)).body).toMatchObject({ status: 422, code: 'VALIDATION_ERROR' });
});

test('mappings of another organisation’s tenants do not exist, and reading is not enough to change them', async () => {
  const pair = pairOf(['ann'], ['ann']);
  expect((await world.call('POST', '/v1/mappings/match', pair, { org: newOrg() })).body).toMatchObject({ status: 404, code: 'TENANT_NOT_FOUND' });
  expect((await put(pair, 'source,dest\n', ['read'])).status).toBe(403);
});

test('a destination that two sources share is named at both', async () => {
  const pair = pairOf(['ann', 'bob'], ['ann']);
  await put(pair, 'source,dest\nbob@src.example,ann@dst.example\n');
  const { mappings, summary } = await match(pair);
  expect(mappings.map(({ problem }: { problem: string }) => problem)).toEqual(['bob@src.example would go there too', 'ann@src.example would go there too']);
  expect(summary.problems).toBe(2);
});
