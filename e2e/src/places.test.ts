import { matchMappingsAnswer, putMappingsAnswer } from '@migrator/contracts/api/mappings';
import { preflightAnswer } from '@migrator/contracts/api/preflight';
import { listSitesAnswer } from '@migrator/contracts/api/tenants';
import { connectBoth, startPlatform, type Connected, type Platform } from './platform.js';

jest.setTimeout(120_000);
let platform: Platform;
let tenants: Connected;
/** Groups and guests of both sides, and one group of the source that the destination lacks. */
beforeAll(async () => {
  platform = await startPlatform({ preset: 'small', workers: 0 });
  const { control } = platform;
  for (const domain of ['contoso.com', 'fabrikam.com']) {
    await control.call('POST', `/tenants/${domain}/groups`, { displayName: 'Field sales', mailNickname: 'field-sales' });
    await control.call('POST', `/tenants/${domain}/users`, { users: [{ alias: 'pat', displayName: 'Pat', guest: 'pat@partner.example' }] });
  }
  await control.call('POST', '/tenants/contoso.com/groups', { displayName: 'Readers', mailNickname: 'readers', kind: 'security' });
  tenants = await connectBoth(platform);
});
afterAll(() => platform.stop());

const csvOf = async (): Promise<string> => (await platform.fetch(new URL(`/v1/mappings?${new URLSearchParams({ ...tenants, type: 'IDENTITY' }).toString()}`, platform.stack.gatewayUrl), { headers: { authorization: `Bearer ${platform.stack.apiKey}` } })).text();
const preflight = (type: string, more = {}) => platform.api.call('POST', '/v1/preflight', preflightAnswer, { ...tenants, type, ...more });

test('before drives and sites are migrated it is said what stands in the way, and who is who is corrected in a spreadsheet', async () => {
  const { sites } = await platform.api.call('GET', `/v1/tenants/${tenants.sourceTenantId}/sites`, listSitesAnswer);
  expect(sites.map(({ name }) => name)).toEqual(expect.arrayContaining(['Field sales']));
  for (const type of ['ONEDRIVE', 'SHAREPOINT']) {
    const { checks } = await preflight(type);
    const open = checks.find(({ id }) => id === 'identities-unresolved');
    expect(open?.affected.map(({ name }) => name)).toContain('Readers');
    expect(open?.affected.map(({ name }) => name)).not.toContain('pat@partner.example');
    expect(checks.find(({ id }) => id === 'roles-source')?.level).toBe('pass');
    for (const { level, remedy } of checks) expect(level === 'pass' || remedy !== '').toBe(true);
  }

  const { summary } = await platform.api.call('POST', '/v1/mappings/match', matchMappingsAnswer, { ...tenants, type: 'IDENTITY' });
  const sheet = await csvOf();
  expect(sheet.trim().split('\r\n')).toHaveLength(1 + summary.automatic + summary.corrected + summary.excluded + summary.unmatched);
  const upload = await platform.fetch(new URL(`/v1/mappings?${new URLSearchParams({ ...tenants, type: 'IDENTITY' }).toString()}`, platform.stack.gatewayUrl), { method: 'PUT', headers: { authorization: `Bearer ${platform.stack.apiKey}`, 'content-type': 'text/csv' }, body: sheet.replace('Readers,,', 'Readers,field-sales@fabrikam.com,') });
  expect(putMappingsAnswer.parse(await upload.json())).toMatchObject({ corrected: 1, excluded: 0 });
  expect(await csvOf()).toContain('Readers,field-sales@fabrikam.com,corrected,');
  const { checks } = await preflight('ONEDRIVE');
  expect(checks.find(({ id }) => id === 'identities-unresolved')?.affected.map(({ name }) => name) ?? []).not.toContain('Readers');
});
