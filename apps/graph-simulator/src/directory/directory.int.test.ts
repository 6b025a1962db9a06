import { startTestSimulator, type TestSimulator } from '../testing/test-simulator.js';

let sim: TestSimulator;
beforeAll(async () => { sim = await startTestSimulator(); });
afterAll(async () => { await sim.close(); });

const eventual = { headers: { ConsistencyLevel: 'eventual' } };
const values = (json: Record<string, unknown> | null): Record<string, unknown>[] => (json?.['value'] ?? []) as Record<string, unknown>[];

describe('users', () => {
  test('come with the documented default properties, and with no other', async () => {
    const [user] = values((await sim.call('GET', '/v1.0/users?$top=1')).json);
    expect(Object.keys(user ?? {}).sort()).toEqual(['businessPhones', 'displayName', 'givenName', 'id', 'jobTitle', 'mail', 'mobilePhone', 'officeLocation', 'preferredLanguage', 'surname', 'userPrincipalName']);
  });
  test('are found by id, by user name in any case and by key', async () => {
    const { id } = sim.tenant.users[0]!;
    for (const path of [`/v1.0/users/${id}`, '/v1.0/users/ADELE.VANCE@contoso.com', `/v1.0/users('${id}')`]) expect((await sim.call('GET', path)).json?.['id']).toBe(id);
    expect(await sim.call('GET', '/v1.0/users/nobody')).toMatchObject({ status: 404, error: { code: 'Request_ResourceNotFound' } });
  });
  test('advanced queries need the header and $count', async () => {
    const filter = "$filter=endsWith(mail,'contoso.com')";
    expect((await sim.call('GET', `/v1.0/users?${filter}`)).error?.['code']).toBe('Request_UnsupportedQuery');
    const reply = await sim.call('GET', `/v1.0/users?${filter}&$count=true`, eventual);
    expect([reply.status, reply.json?.['@odata.count']]).toEqual([200, sim.tenant.users.length]);
    expect((await sim.call('GET', '/v1.0/users?$count=true')).json).not.toHaveProperty('@odata.count');
    expect((await sim.call('GET', '/v1.0/users/$count')).status).toBe(400);
    expect((await sim.call('GET', '/v1.0/users/$count', eventual)).text).toBe(String(sim.tenant.users.length));
    expect(values((await sim.call('GET', '/v1.0/users?$search="displayName:Søren"', eventual)).json)).toHaveLength(1);
  });
  test('$top is refused above 999, $skip always', async () => {
    expect((await sim.call('GET', '/v1.0/users?$top=1000')).status).toBe(400);
    expect((await sim.call('GET', '/v1.0/users?$skip=1')).status).toBe(400);
  });
  test('shared mailboxes are disabled accounts without a licence', async () => {
    const { json } = await sim.call('GET', '/v1.0/users/info@contoso.com?$select=accountEnabled,assignedLicenses,assignedPlans,mail');
    expect(json).toMatchObject({ accountEnabled: false, assignedLicenses: [], assignedPlans: [], mail: 'info@contoso.com' });
  });

  test('a new user gets its mailbox with the licence, once it has a usage location', async () => {
    const body = { accountEnabled: true, displayName: 'New', mailNickname: 'new', userPrincipalName: 'new@contoso.com', passwordProfile: { password: 'a-long-password' } };
    const made = await sim.call('POST', '/v1.0/users', { body });
    expect(made.status).toBe(201);
    const id = String(made.json?.['id']);
    expect(sim.tenant.exchange.mailbox(id)).toBeUndefined();
    expect((await sim.call('POST', '/v1.0/users', { body })).error).toMatchObject({ code: 'Request_BadRequest', details: [{ code: 'ObjectConflict' }] });
    expect((await sim.call('POST', '/v1.0/users', { body: { ...body, userPrincipalName: 'new@elsewhere.com' } })).status).toBe(400);
    const licence = { addLicenses: [{ skuId: '6fd2c87f-b296-42f0-b197-1e91e994b900' }], removeLicenses: [] };
    expect((await sim.call('POST', `/v1.0/users/${id}/assignLicense`, { body: licence })).status).toBe(400);
    expect((await sim.call('PATCH', `/v1.0/users/${id}`, { body: { usageLocation: 'DE' } })).status).toBe(204);
    expect((await sim.call('POST', `/v1.0/users/${id}/assignLicense`, { body: licence })).status).toBe(200);
    expect(sim.tenant.exchange.mailbox(id)).toBeDefined();
    expect(values((await sim.call('GET', `/v1.0/users/${id}/licenseDetails`)).json)).toMatchObject([{ skuPartNumber: 'ENTERPRISEPACK' }]);
    expect((await sim.call('DELETE', `/v1.0/users/${id}`)).status).toBe(204);
    expect((await sim.call('GET', `/v1.0/users/${id}`)).status).toBe(404);
  });
});

test('groups list their members as users', async () => {
  const [group] = values((await sim.call('GET', "/v1.0/groups?$filter=groupTypes/any(g:g eq 'Unified')")).json);
  const members = values((await sim.call('GET', `/v1.0/groups/${String(group?.['id'])}/members?$select=id,mail`)).json);
  expect(members.length).toBeGreaterThan(0);
  expect(members.every((m) => m['@odata.type'] === '#microsoft.graph.user')).toBe(true);
});

test('what consent granted can be read back by name', async () => {
  const graph = await sim.call('GET', "/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=appRoles");
  const names = new Map((graph.json?.['appRoles'] as { id: string; value: string }[]).map((r) => [r.id, r.value]));
  const granted = values((await sim.call('GET', `/v1.0/servicePrincipals(appId='${sim.app.clientId}')/appRoleAssignments`)).json);
  expect(granted.map((g) => names.get(String(g['appRoleId']))).sort()).toEqual([...sim.app.requiredRoles].sort());
});

test('the organisation names its domains, one of them initial', async () => {
  const [organization] = values((await sim.call('GET', '/v1.0/organization')).json);
  expect(organization).toMatchObject({ id: sim.tenant.id, verifiedDomains: [{ name: 'contoso.com', isDefault: true }, { name: 'contoso.onmicrosoft.com', isInitial: true }] });
});
