import { randomUUID } from 'node:crypto';
import { importPKCS8, SignJWT } from 'jose';
import { generate } from 'selfsigned';
import { startTestSimulator, testSecret, type Reply, type TestSimulator } from '../testing/test-simulator.js';
import { readCertificate } from '../world/app-registry.js';

let sim: TestSimulator;
beforeAll(async () => { sim = await startTestSimulator(); });
afterAll(async () => { await sim.close(); });

const login = 'https://login.microsoftonline.com';
const redirectUri = 'http://localhost:3000/v1/tenants/callback';
const scope = 'https://graph.microsoft.com/.default';

const post = (tenant: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Reply> =>
  sim.call('POST', `${login}/${tenant}/oauth2/v2.0/token`, { token: null, form, headers });
const credentials = (): Record<string, string> => ({ client_id: sim.app.clientId, client_secret: testSecret, scope, grant_type: 'client_credentials' });
const fabrikam = (): string => sim.world.findTenant('fabrikam.com')?.id ?? '';

describe('token endpoint', () => {
  test('by domain, with the secret as Basic', async () => {
    const { client_id: id, client_secret: secret, ...rest } = credentials();
    const basic = Buffer.from(`${encodeURIComponent(id ?? '')}:${encodeURIComponent(secret ?? '')}`).toString('base64');
    const reply = await post('contoso.com', rest, { authorization: `Basic ${basic}` });
    expect(reply.json).toMatchObject({ token_type: 'Bearer', expires_in: 3599 });
  });

  test('a scope that names no resource is Graph’s', async () => {
    expect((await post('contoso.com', { ...credentials(), scope: '.default' })).status).toBe(200);
  });

  test.each([
    ['a wrong secret', 'contoso.com', { client_secret: 'nope' }, 401, 'invalid_client', 7000215],
    ['no secret at all', 'contoso.com', { client_secret: '' }, 401, 'invalid_client', 7000218],
    ['an unknown app', 'contoso.com', { client_id: randomUUID() }, 400, 'unauthorized_client', 700016],
    ['an app the tenant never consented to', 'fabrikam.com', {}, 400, 'unauthorized_client', 700016],
    ['an unknown tenant', 'unknown.example', {}, 400, 'invalid_request', 90002],
    ['no tenant name', 'nonsense', {}, 400, 'invalid_request', 900023],
    ['common', 'common', {}, 400, 'invalid_request', 9001023],
    ['a scope without .default', 'contoso.com', { scope: 'https://graph.microsoft.com/User.Read' }, 400, 'invalid_scope', 1002012],
    ['another resource', 'contoso.com', { scope: 'https://example.com/.default' }, 400, 'invalid_resource', 500011],
    ['another grant', 'contoso.com', { grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
  ])('%s', async (_what, tenant, change, status, error, code) => {
    const reply = await post(tenant, { ...credentials(), ...change });
    expect([reply.status, reply.json?.['error'], reply.json?.['error_codes']]).toEqual([status, error, [code]]);
    expect(reply.json?.['error_description']).toMatch(new RegExp(`^AADSTS${String(code)}: `));
    expect(reply.json).toHaveProperty('correlation_id');
  });

  test.each(['PS256', 'RS256'])('a certificate assertion (%s) is good only when signed by the registered key', async (alg) => {
    const [good, other] = await Promise.all([generate([{ name: 'commonName', value: 'app' }], { keySize: 2048, algorithm: 'sha256' }), generate([{ name: 'commonName', value: 'other' }], { keySize: 2048, algorithm: 'sha256' })]);
    const certificate = readCertificate(good.cert);
    sim.world.apps.register({ ...sim.app, certificates: [certificate] });
    const assertion = async (pem: string): Promise<string> => new SignJWT({})
      .setProtectedHeader(alg === 'PS256' ? { alg, typ: 'JWT', 'x5t#S256': certificate.thumbprintSha256 } : { alg, typ: 'JWT', x5t: certificate.thumbprintSha1 })
      .setIssuer(sim.app.clientId).setSubject(sim.app.clientId).setAudience(`${login}/${sim.tenant.id}/oauth2/v2.0/token`).setJti(randomUUID()).setIssuedAt().setExpirationTime('10m')
      .sign(await importPKCS8(pem, alg));
    const form = async (pem: string): Promise<Record<string, string>> => ({
      client_id: sim.app.clientId, scope, grant_type: 'client_credentials', client_assertion: await assertion(pem), client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    expect((await post(sim.tenant.id, await form(good.private))).status).toBe(200);
    const reply = await post(sim.tenant.id, await form(other.private));
    expect([reply.status, reply.json?.['error_codes']]).toEqual([401, [700027]]);
  });
});

describe('admin consent', () => {
  const query = (more: Record<string, string> = {}): string => new URLSearchParams({ client_id: sim.app.clientId, redirect_uri: redirectUri, state: 's-1', ...more }).toString();
  const decide = async (path: string, form: Record<string, string>): Promise<URL> => {
    const reply = await sim.call('POST', `${login}${path}`, { token: null, form: { client_id: sim.app.clientId, redirect_uri: redirectUri, state: 's-1', scope, ...form } });
    expect(reply.status).toBe(302);
    return new URL(String(reply.headers.location));
  };

  test('the page lists app and roles, and escapes what it was given', async () => {
    const reply = await sim.call('GET', `${login}/fabrikam.com/v2.0/adminconsent?${query({ scope, state: '"><script>x' })}`, { token: null });
    expect(reply.text).toContain('The Migrator');
    expect(reply.text).toContain('MailboxItem.ImportExport.All');
    expect(reply.text).not.toContain('<script>');
  });

  test('accepting grants the roles and returns to the app with the tenant', async () => {
    const back = await decide('/fabrikam.com/v2.0/adminconsent', { decision: 'accept' });
    expect(back.origin + back.pathname).toBe(redirectUri);
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ admin_consent: 'True', tenant: fabrikam(), state: 's-1' });
    const reply = await post('fabrikam.com', credentials());
    expect(reply.status).toBe(200);
    sim.world.apps.revoke(fabrikam(), sim.app.clientId, { endTokens: false });
    expect((await post('fabrikam.com', credentials())).json?.['error_codes']).toEqual([7000229]);
  });

  test('cancelling tells so in each version of the endpoint, v2 still with admin_consent', async () => {
    expect(Object.fromEntries((await decide('/fabrikam.com/v2.0/adminconsent', { decision: 'cancel' })).searchParams)).toMatchObject({ error: 'consent_required', admin_consent: 'True', state: 's-1' });
    const v1 = (await decide('/fabrikam.com/adminconsent', { decision: 'cancel' })).searchParams;
    expect([v1.get('error'), v1.has('admin_consent')]).toEqual(['permission_denied', false]);
  });

  test('common asks which tenant, a forged callback grants nothing', async () => {
    const page = await sim.call('GET', `${login}/common/adminconsent?${query()}`, { token: null });
    expect(page.text).toContain('<select name="tenant">');
    const before = sim.world.apps.consents().length;
    const forged = await decide('/common/adminconsent', { decision: 'forged', tenant: fabrikam() });
    expect(forged.searchParams.get('admin_consent')).toBe('True');
    expect(sim.world.apps.consents()).toHaveLength(before);
    expect((await decide('/common/adminconsent', { decision: 'accept', tenant: fabrikam() })).searchParams.get('tenant')).toBe(fabrikam());
  });

  test.each([
    ['an unregistered address', '/contoso.com/v2.0/adminconsent', { redirect_uri: 'http://evil.example/', scope }, 'AADSTS50011'],
    ['no scope on v2', '/contoso.com/v2.0/adminconsent', {}, 'AADSTS900144'],
    ['an unknown app', '/contoso.com/adminconsent', { client_id: randomUUID() }, 'AADSTS700016'],
  ])('%s ends on a page, never on a redirect', async (_what, path, change, code) => {
    const reply = await sim.call('GET', `${login}${path}?${query(change)}`, { token: null });
    expect(reply.status).toBe(400);
    expect(reply.text).toContain(code);
  });
});

test('a revoked consent ends tokens at once only when asked to', async () => {
  const token = await sim.token();
  sim.world.apps.revoke(sim.tenant.id, sim.app.clientId, { endTokens: false });
  expect((await sim.call('GET', '/v1.0/organization', { token })).status).toBe(200);
  sim.world.apps.consent(sim.tenant.id, sim.app.clientId, sim.app.requiredRoles);
  sim.world.apps.revoke(sim.tenant.id, sim.app.clientId, { endTokens: true });
  expect((await sim.call('GET', '/v1.0/organization', { token })).error?.['code']).toBe('InvalidAuthenticationToken');
  sim.world.apps.consent(sim.tenant.id, sim.app.clientId, []);
  expect((await sim.call('GET', '/v1.0/organization', { token: await sim.token() })).status).toBe(403);
});

test('a scripted failure of the token endpoint has the shape of Entra, not of Graph', async () => {
  sim.world.faults.add({ id: 'entra', match: { path: '^login.microsoftonline.com/.*/token', tenantId: sim.tenant.id }, times: 1, action: { kind: 'status', status: 429, code: 'temporarily_unavailable', headers: { 'Retry-After': '5' } } });
  const reply = await post('contoso.com', credentials());
  expect([reply.status, reply.json?.['error'], reply.headers['retry-after']]).toEqual([429, 'temporarily_unavailable', '5']);
  expect((await post('contoso.com', credentials())).status).toBe(200);
});
