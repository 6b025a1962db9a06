import { connect } from 'node:net';
import { platformApp, TenantWorld, type Reply } from '../testing/tenant-world.js';

let world: TenantWorld;
beforeAll(async () => {
  world = await TenantWorld.start();
  await world.seed('contoso.example', { count: 1 });
});
afterAll(() => world.stop());

const long = 'x'.repeat(9_000);
const guid = '11111111-2222-4333-8444-555555555555';
const html = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
const hostile: [string, string][] = [
  ['nothing', ''],
  ['a very long error', `error=${long}`],
  ['a very long state', `admin_consent=True&tenant=${guid}&state=${long}`],
  ['HTML as the error', `error=${encodeURIComponent(html)}`],
  ['HTML as the description', `error=access_denied&error_description=${encodeURIComponent(html)}`],
  ['HTML as everything', `admin_consent=True&tenant=${encodeURIComponent(html)}&state=${encodeURIComponent(html)}`],
  ['control characters', `error=%00%01%0d%0aLocation:%20https://evil.example%0d%0a&state=%00`],
  ['a state with control characters', `admin_consent=True&tenant=${guid}&state=%00%0a%1b[31m`],
  ['broken encoding', 'error=%E0%A4%A&state=%ff%fe'],
  ['a lone surrogate', 'error=%ED%A0%80&state=%ED%A0%80'],
  ['arrays', 'error=a&error=b&state=a&state=b&tenant=a&tenant=b'],
  ['arrays in brackets', `state[]=a&tenant[]=${guid}&admin_consent[]=True`],
  ['objects in brackets', 'error[a][b]=c&__proto__[x]=1&constructor=1'],
  ['two thousand parameters', Array.from({ length: 2_000 }, (_each, n) => `p${n}=`).join('&')],
  ['addresses to go to', `error=access_denied&redirect_uri=https://evil.example&return=https://evil.example&next=//evil.example`],
];
const bring = (query: string, accept = 'text/html'): Promise<Reply> => world.call('GET', `/v1/tenants/callback${query === '' ? '' : `?${query}`}`, undefined, { identity: null, accept });

describe.each(hostile)('%s', (_what, query) => {
  test('gets the small page with nothing of it unescaped, and loads nothing', async () => {
    const { status, text, headers } = await bring(query);
    expect(status).toBe(422);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    expect([headers.get('cache-control'), headers.get('referrer-policy'), headers.get('x-content-type-options'), headers.get('location')]).toEqual(['no-store', 'no-referrer', 'nosniff', null]);
    expect(text.startsWith('<!doctype html>')).toBe(true);
    expect(text.length).toBeLessThan(1_500);
    expect(text).not.toMatch(/<script|<img|onerror|evil\.example/);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  });
  test('gets a program the public error', async () => {
    const { status, body } = await bring(query, 'application/json');
    expect({ status, body: body as unknown }).toEqual({ status: 422, body: { error: expect.any(String) as string, code: 'VALIDATION_ERROR', status: 422, requestId: expect.any(String) as string } });
  });
});

test.each<[string, string, number]>([
  ['raw control bytes', '/v1/tenants/callback?error=\u0001\u0000', 400],
  ['a line longer than a server reads', `/v1/tenants/callback?error=${long.repeat(3)}`, 431],
])('%s in the request line are refused before anybody reads them, and the service lives on', async (_what, path, expected) => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(world.service.url).port), '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`));
    socket.once('data', (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.once('error', reject);
  });
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${expected} `));
  expect((await bring('error=access_denied')).text).toContain('Microsoft said: access_denied.');
});

test('nothing of all that was stored', async () => {
  expect(await world.stored()).toBe(0);
});

describe('with a dashboard', () => {
  beforeAll(async () => {
    await world.service.stop();
    world.config.DASHBOARD_URL = 'https://console.example/app/';
    world.service = await world.newService();
  });
  const follow = async (location: URL, accept = 'text/html'): Promise<Response> => fetch(`${world.service.url}${location.pathname}${location.search}`, { redirect: 'manual', headers: { accept } });

  test('a browser is sent there with the tenant that is connected', async () => {
    const answer = await follow(await world.consent('contoso.example', 'source', 'accept'));
    const [tenant] = await world.tenants();
    expect([answer.status, answer.headers.get('location'), answer.headers.get('referrer-policy')]).toEqual([303, `https://console.example/app/tenants?connected=${tenant?.id ?? ''}`, 'no-referrer']);
  });
  test.each<[string, () => Promise<URL>]>([
    ['refused', () => world.consent('contoso.example', 'source', 'cancel')],
    ['state_unknown', () => world.consent('contoso.example', 'source', 'wrong-state')],
    ['no_token', () => world.consent('contoso.example', 'source', 'forged')],
    ['domain_not_verified', () => world.consent('elsewhere.example', 'source', 'accept', { asTenant: 'contoso.example' })],
    ['no_permissions', async () => {
      await world.seed('empty.example', { count: 1 });
      const location = await world.consent('empty.example', 'source', 'accept');
      await world.simulator.control('POST', '/consents', { tenant: 'empty.example', clientId: platformApp.clientId, roles: [] });
      return location;
    }],
  ])('or with the reason: %s', async (code, arrive) => {
    const answer = await follow(await arrive());
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `https://console.example/app/tenants?error=${code}`]);
  });
  test.each(hostile)('and never anywhere else: %s', async (_what, query) => {
    const answer = await follow(new URL(`http://any/v1/tenants/callback?${query}`));
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toMatch(/^https:\/\/console\.example\/app\/tenants\?error=(incomplete|refused|state_unknown)$/);
  });
  test('a program is not sent anywhere', async () => {
    expect((await follow(new URL('http://any/v1/tenants/callback?error=access_denied'), 'application/json')).status).toBe(422);
  });
});
