import { startTcpProxy } from '@migrator/testing/tcp-proxy';
import { eventually } from '@migrator/testing/eventually';
import { TenantWorld } from '../testing/tenant-world.js';

const hours = { timeZone: 'Europe/Berlin', days: ['MON', 'TUE'], from: '08:00', to: '18:00', share: 0.3 };
let world: TenantWorld;
let tenantId: string;
let path: string;
beforeAll(async () => {
  world = await TenantWorld.start();
  await world.seed('contoso.example', { count: 3 });
  tenantId = (await world.connect('contoso.example')).id;
  path = `/v1/tenants/${tenantId}/throttling`;
  await world.discovered(tenantId);
});
afterAll(() => world.stop());

test('what discovery has used of the tenant’s limits can be read', async () => {
  const { body } = await eventually('the use is told', async () => {
    const reply = await world.call('GET', path);
    const { budgets } = reply.body as { budgets: { service: string; lately: { requests: number } }[] };
    return budgets.some(({ service, lately }) => service === 'directory' && lately.requests > 0) ? reply : null;
  });
  const { shared, businessHours, budgets } = body as { shared: boolean; businessHours: unknown; budgets: { service: string }[] };
  expect({ shared, businessHours }).toEqual({ shared: true, businessHours: null });
  expect(budgets.find(({ service }) => service === 'directory')).toMatchObject({
    resource: null,
    limits: [{ name: 'directory.units', measure: 'units', max: 3_500, windowSeconds: 10 }, { name: 'directory.writes', max: 3_000, windowSeconds: 150 }],
    inFlight: { max: 16, allowed: 16 },
    pausedUntil: null,
    plannedShare: 1,
    lately: { refused: 0 },
  });
});

test('a refusal is shown with its end', async () => {
  await world.simulator.control('POST', '/faults', { id: 'slow', match: { path: '/organization' }, nth: 1, action: { kind: 'status', status: 429, code: 'TooManyRequests', message: 'x', headers: { 'Retry-After': '5' } } });
  const connecting = world.connect('contoso.example');
  const budget = await eventually('the pause is told', async () => {
    const { budgets } = (await world.call('GET', path)).body as { budgets: { service: string; pausedUntil: string | null; lately: { refused: number } }[] };
    return budgets.find(({ service, pausedUntil }) => service === 'directory' && pausedUntil !== null) ?? null;
  });
  expect(Date.parse(budget.pausedUntil ?? '')).toBeGreaterThan(Date.now());
  expect(budget.lately.refused).toBe(1);
  await connecting;
});

test('business hours are kept, told to workers, taken back, and refused when they are none', async () => {
  expect((await world.call('PUT', path, { businessHours: hours })).body).toEqual({ businessHours: hours });
  expect((await world.call('GET', path)).body).toMatchObject({ businessHours: hours });
  expect((await world.internal(`/internal/orgs/${world.org}/tenants/${tenantId}/credential`)).body).toMatchObject({ businessHours: hours });
  for (const [wrong, where] of [
    [{ ...hours, timeZone: 'Mars/Olympus' }, 'businessHours.timeZone'],
    [{ ...hours, share: 1.5 }, 'businessHours.share'],
    [{ ...hours, from: '8:00' }, 'businessHours.from'],
    [{ ...hours, days: ['MON', 'MON'] }, 'businessHours.days'],
    [{ ...hours, until: '2027' }, 'businessHours'],
  ] as const) {
    const reply = await world.call('PUT', path, { businessHours: wrong });
    expect({ status: reply.status, at: (reply.body as { errors: { path: string }[] }).errors[0]?.path.startsWith(where) }).toEqual({ status: 422, at: true });
  }
  expect((await world.call('PUT', path, { businessHours: null })).body).toEqual({ businessHours: null });
  expect((await world.call('GET', path)).body).toMatchObject({ businessHours: null });
});

test('while Redis is away the answer says so', async () => {
  const real = new URL(world.config.REDIS_URL);
  const proxy = await startTcpProxy(Number(real.port), real.hostname);
  const config = { ...world.config, REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
  const before = world.service;
  world.service = await world.newService(config);
  try {
    await eventually('it is shared', async () => ((await world.call('GET', path)).body as { shared: boolean }).shared);
    proxy.cut();
    await eventually('it is not', async () => !((await world.call('GET', path)).body as { shared: boolean }).shared);
    expect((await world.call('GET', path)).body).toEqual({ shared: false, businessHours: null, budgets: [] });
  } finally {
    await world.service.stop();
    world.service = before;
    await proxy.close();
  }
});
