import { randomUUID } from 'node:crypto';
import { newOrg, platformApp, TenantWorld } from '../testing/tenant-world.js';

let world: TenantWorld;
beforeAll(async () => {
  world = await TenantWorld.start();
  await world.seed('contoso.example', { count: 1 });
  await world.seed('fabrikam.example', { count: 1 });
});
afterAll(() => world.stop());
afterEach(async () => {
  await world.simulator.control('DELETE', '/faults');
});

const changed = (location: URL, change: Record<string, string | null>): URL => {
  const url = new URL(location);
  for (const [name, value] of Object.entries(change)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url;
};

test('connecting gives the consent page’s address with a state that is not in the database', async () => {
  const { status, body } = await world.call('POST', '/v1/tenants/connect', { domain: 'CONTOSO.example', role: 'dest' });
  expect({ status, keys: Object.keys(body as object).sort() }).toEqual({ status: 200, keys: ['authUrl', 'state'] });
  const url = new URL(body.authUrl as string);
  expect({ path: url.pathname, ...Object.fromEntries(url.searchParams) }).toEqual({ path: '/common/adminconsent', client_id: platformApp.clientId, redirect_uri: 'http://localhost:3000/v1/tenants/callback', state: body.state });
  expect(body.state).toMatch(/^tok_.{32,}$/);
  const [row] = await world.db.sql`select * from tenants.consent_states where org_id = ${world.org} and domain = 'contoso.example' and role = 'destination'`;
  expect(row).toBeDefined();
  expect(JSON.stringify(row)).not.toContain(body.state);
});

describe('a callback that stores nothing and says what to do', () => {
  const granted = (): Promise<URL> => world.consent('contoso.example', 'source', 'accept');
  test.each<[string, () => Promise<URL>, RegExp]>([
    ['the page was cancelled', () => world.consent('contoso.example', 'source', 'cancel'), /refused/],
    ['the administrator was not allowed to', () => world.consent('contoso.example', 'source', 'denied'), /refused/],
    ['an error beside admin_consent=True', async () => changed(await granted(), { error: 'access_denied' }), /refused/],
    ['a tenant that does not exist', () => world.consent('contoso.example', 'source', 'forged'), /no token for this tenant/],
    ['a tenant that never consented', async () => changed(await granted(), { tenant: (await world.seed(`never-${randomUUID()}.example`)).id }), /no token for this tenant/],
    ['another tenant that did consent', () => world.consent('contoso.example', 'source', 'accept', { asTenant: 'fabrikam.example' }), /not a verified domain/],
    ['a domain nobody has', () => world.consent('elsewhere.example', 'source', 'accept', { asTenant: 'contoso.example' }), /not a verified domain/],
    ['a state nobody issued', () => world.consent('contoso.example', 'source', 'wrong-state'), /used already, has expired, or was not made here/],
    ['no state', async () => changed(await granted(), { state: null }), /not complete/],
    ['no tenant', async () => changed(await granted(), { tenant: null }), /not complete/],
    ['no consent', async () => changed(await granted(), { admin_consent: 'False' }), /not complete/],
  ])('%s', async (_what, arrive, words) => {
    const reply = await world.follow(await arrive());
    expect(reply.status).toBe(422);
    expect(reply.body).toMatchObject({ code: 'VALIDATION_ERROR', status: 422, error: expect.stringMatching(words) as string });
    expect(await world.stored()).toBe(0);
  });

  test('a state that is older than fifteen minutes', async () => {
    const location = await granted();
    await world.db.sql`update tenants.consent_states set created_at = created_at - interval '15 minutes', expires_at = expires_at - interval '15 minutes'`;
    expect((await world.follow(location)).body).toMatchObject({ error: expect.stringMatching(/has expired/) as string });
    expect(await world.stored()).toBe(0);
  });

  test('an app that was granted nothing it can work with', async () => {
    const location = await granted();
    await world.simulator.control('DELETE', '/consents', { tenant: 'contoso.example', clientId: platformApp.clientId });
    await world.simulator.control('POST', '/consents', { tenant: 'contoso.example', clientId: platformApp.clientId, roles: [] });
    expect((await world.follow(location)).body).toMatchObject({ error: expect.stringMatching(/none of the application’s permissions/) as string });
    expect(await world.stored()).toBe(0);
  });

  test('a wrong secret of an app registration of one’s own: the words name the remedy and not the secret', async () => {
    const { id: tenantId } = await world.simulator.control<{ id: string }>('GET', '/tenants/contoso.example');
    const reply = await world.call('POST', '/v1/tenants/connect', { domain: 'contoso.example', role: 'source', tenantId, clientId: platformApp.clientId, clientSecret: 'wrong-secret' });
    expect({ status: reply.status, path: reply.body.errors[0].path, error: reply.body.error }).toEqual({ status: 422, path: 'clientId', error: expect.stringMatching(/secret or certificate is wrong or has expired/) as string });
    expect(reply.text).not.toContain('wrong-secret');
    expect(await world.stored()).toBe(0);
  });

  test('the page escapes what came with the query and loads nothing', async () => {
    const reply = await world.follow(changed(await granted(), { error: '<script>alert(1)</script>' }), 'text/html');
    expect(reply.text).toContain('<!doctype html>');
    expect(reply.text).not.toContain('<script>');
    expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });
});

describe('a consent that holds', () => {
  beforeEach(async () => {
    await world.simulator.control('DELETE', '/requests');
  });

  test('is stored with its roles, announced, and gives a page; the same link again stores nothing', async () => {
    const location = await world.consent('contoso.example', 'source', 'accept');
    const [first, second] = await Promise.all([world.follow(location, 'text/html'), world.follow(location, 'text/html')]);
    expect([first.status, second.status].sort()).toEqual([200, 422]);
    const [tenant, ...others] = await world.tenants();
    expect(others).toEqual([]);
    expect(tenant).toMatchObject({ domain: 'contoso.example', type: 'M365', role: 'source', workloads: ['EMAIL', 'SHAREPOINT', 'ONEDRIVE', 'TEAMS'] });
    const [row] = await world.db.sql<{ granted_roles: string[]; client_id: string | null }[]>`select granted_roles, client_id from tenants.tenants`;
    expect(row?.client_id).toBeNull();
    expect(row?.granted_roles).toContain('MailboxItem.Export.All');
    expect((await world.db.sql`select 1 from tenants.credentials`).length).toBe(0);
  });

  test('given again refreshes the grant and keeps the id, with the new roles although a token with the old ones lives', async () => {
    const [before] = await world.tenants();
    await world.simulator.control('POST', '/consents', { tenant: 'contoso.example', clientId: platformApp.clientId, roles: ['Organization.Read.All', 'User.Read.All', 'MailboxFolder.Read.All', 'MailboxItem.Read.All'] });
    const location = changed(await world.consent('contoso.example', 'source', 'cancel'), { error: null, error_description: null, admin_consent: 'True', tenant: (await world.simulator.control<{ id: string }>('GET', '/tenants/contoso.example')).id });
    expect((await world.follow(location)).status).toBe(200);
    const [after] = await world.tenants();
    expect({ id: after?.id, workloads: after?.workloads }).toEqual({ id: before?.id, workloads: [] });
    expect((await world.connect('contoso.example')).id).toBe(before?.id);
    expect((await world.tenants())[0]?.workloads).toEqual(['EMAIL', 'SHAREPOINT', 'ONEDRIVE', 'TEAMS']);
  });

  test('for a domain that has moved to another Microsoft tenant does not take the place of the first', async () => {
    await world.db.sql`update tenants.tenants set microsoft_tenant_id = ${randomUUID()} where domain = 'contoso.example'`;
    const reply = await world.follow(await world.consent('contoso.example', 'source', 'accept'));
    expect(reply.body).toMatchObject({ status: 422, error: expect.stringMatching(/disconnect it first/) as string });
    expect((await world.connect('contoso.example', 'source', newOrg())).domain).toBe('contoso.example');
  });

  test('with an app registration of one’s own connects at once; the secret is sealed, given to workers alone, and erased at the end', async () => {
    const clientId = randomUUID();
    await world.simulator.control('POST', '/apps', { clientId, displayName: 'Own', secrets: ['own-secret'], requiredRoles: ['Organization.Read.All', 'User.Read.All', 'MailboxFolder.ReadWrite.All', 'MailboxItem.ImportExport.All'] });
    await world.simulator.control('POST', '/consents', { tenant: 'fabrikam.example', clientId });
    const { id: tenantId } = await world.simulator.control<{ id: string }>('GET', '/tenants/fabrikam.example');
    const { status, body } = await world.call('POST', '/v1/tenants/connect', { domain: 'fabrikam.example', role: 'destination', tenantId, clientId, clientSecret: 'own-secret' });
    expect({ status, tenant: body.tenant }).toMatchObject({ status: 200, tenant: { domain: 'fabrikam.example', role: 'destination', workloads: ['EMAIL'] } });
    const [{ sealed } = { sealed: '' }] = await world.db.sql<{ sealed: string }[]>`select sealed from tenants.credentials`;
    expect(sealed).not.toContain('own-secret');
    const path = `/internal/orgs/${world.org}/tenants/${(body as { tenant: { id: string } }).tenant.id}/credential`;
    expect((await world.internal(path)).body).toEqual({ microsoftTenantId: tenantId, clientId, credential: { kind: 'secret', clientSecret: 'own-secret' }, businessHours: null });
    expect((await world.internal(path, 'job-service')).status).toBe(403);
    expect((await world.call('GET', path)).status).toBe(404);
    expect((await world.call('DELETE', `/v1/tenants/${(body as { tenant: { id: string } }).tenant.id}`)).status).toBe(200);
    expect((await world.db.sql`select 1 from tenants.credentials`).length).toBe(0);
    expect((await world.internal(path)).status).toBe(404);
  });
});
