import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { giveConsent } from '@migrator/demo/give-consent';
import { errorBodySchema } from '@migrator/contracts/errors';
import { connectTenantAnswer, listTenantsAnswer } from '@migrator/contracts/api/tenants';
import { checkout, readState } from '@migrator/stack';
import { connectBoth, createJob, startPlatform, type Connected, type Platform } from './platform.js';

jest.setTimeout(120_000);
let platform: Platform;
let tenants: Connected;
beforeAll(async () => {
  platform = await startPlatform({ preset: 'small', workers: 1 });
});
afterAll(() => platform.stop());

/** Every error answer has the shape of the contract. */
function expectError(answer: { status: number; json: Record<string, unknown>; headers: Headers }, status: number, code: string): void {
  expect({ status: answer.status, code: answer.json['code'], bodyStatus: answer.json['status'] }).toEqual({ status, code, bodyStatus: status });
  expect(errorBodySchema.parse(answer.json).requestId).toBe(answer.headers.get('x-request-id'));
  expect(JSON.stringify(answer.json)).not.toMatch(/\bat .*\.(js|ts):\d+/);
}
const noTenants = async (): Promise<void> => {
  expect((await platform.api.call('GET', '/v1/tenants', listTenantsAnswer)).tenants).toEqual([]);
};
/** Goes through the consent page and presses one of its buttons; the address it sends back to. */
async function press(domain: string, role: string, decision: string, asTenant = domain): Promise<string> {
  const { authUrl } = await platform.api.call('POST', '/v1/tenants/connect', connectTenantAnswer, { domain, role });
  const address = new URL(authUrl);
  const page = await (await fetch(authUrl)).text();
  const tenant = new RegExp(`<option value="([^"]+)">[^<]*\\(${asTenant.replaceAll('.', '\\.')}\\)`).exec(page)?.[1] ?? '';
  const body = new URLSearchParams({ client_id: address.searchParams.get('client_id')!, redirect_uri: address.searchParams.get('redirect_uri')!, state: address.searchParams.get('state')!, tenant, decision });
  const answer = await fetch(`${address.origin}${address.pathname}`, { method: 'POST', body, redirect: 'manual' });
  return answer.headers.get('location')!;
}
const follow = async (location: string): Promise<{ status: number; text: string }> => {
  const answer = await platform.fetch(location, { headers: { accept: 'application/json' } });
  return { status: answer.status, text: await answer.text() };
};

describe('before anything is connected', () => {
  test('a missing, malformed, unknown or revoked key is 401, all alike', async () => {
    const bodies = new Set<string>();
    for (const authorization of ['', 'Bearer', 'Basic abc', 'Bearer tmk_live_short', `Bearer tmk_live_${'a'.repeat(40)}`]) {
      const answer = await platform.raw('GET', '/v1/tenants', undefined, { authorization });
      expectError(answer, 401, 'UNAUTHORIZED');
      bodies.add(JSON.stringify({ ...answer.json, requestId: null }));
    }
    expect(bodies.size).toBe(1);
  });

  test('a body that is no JSON, no object, or has an unknown field is refused and says where', async () => {
    expectError(await platform.raw('POST', '/v1/tenants/connect', '{"domain":'), 400, 'INVALID_JSON');
    expectError(await platform.raw('POST', '/v1/tenants/connect', '[]'), 422, 'VALIDATION_ERROR');
    const answer = await platform.raw('POST', '/v1/tenants/connect', { domain: 'contoso.com', role: 'source', color: 'red' });
    expectError(answer, 422, 'VALIDATION_ERROR');
    expect(answer.json['errors']).toEqual([{ path: 'color', message: 'unknown field' }]);
    expectError(await platform.raw('POST', '/v1/tenants/connect', 'domain=contoso.com', { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE');
    expectError(await platform.raw('POST', '/v1/jobs', { name: 'x'.repeat(1_100_000) }), 413, 'PAYLOAD_TOO_LARGE');
    expectError(await platform.raw('GET', '/v1/nothing'), 404, 'NOT_FOUND');
    expectError(await platform.raw('DELETE', '/v1/tenants'), 405, 'METHOD_NOT_ALLOWED');
    await noTenants();
  });

  test('a refused, forged or foreign consent, and one for a domain that is not the tenant’s, store nothing and say what to do', async () => {
    for (const [decision, domain, asTenant] of [
      ['cancel', 'contoso.com', 'contoso.com'],
      ['denied', 'contoso.com', 'contoso.com'],
      ['forged', 'contoso.com', 'contoso.com'],
      ['wrong-state', 'contoso.com', 'contoso.com'],
      ['accept', 'contoso.com', 'fabrikam.com'],
      ['accept', 'somewhere-else.com', 'contoso.com'],
    ] as const) {
      const answer = await follow(await press(domain, 'source', decision, asTenant));
      expect({ decision, domain, asTenant, status: answer.status }).toEqual({ decision, domain, asTenant, status: 422 });
      expect(answer.text).toMatch(/connect|administrator|accept|check/i);
      await noTenants();
    }
  });

  test('a state is good for one use', async () => {
    const location = await press('contoso.com', 'source', 'accept');
    expect((await follow(location)).status).toBe(200);
    const again = await follow(location);
    expect(again.status).toBe(422);
    expect(again.text).toContain('used already');
    expect((await platform.api.call('GET', '/v1/tenants', listTenantsAnswer)).tenants).toHaveLength(1);
  });
});

describe('with both tenants connected', () => {
  beforeAll(async () => {
    tenants = await connectBoth(platform);
  });

  test('connecting a domain again keeps its id', async () => {
    await giveConsent(platform.api, 'contoso.com', 'source');
    const { tenants: listed } = await platform.api.call('GET', '/v1/tenants', listTenantsAnswer);
    expect(listed.map((tenant) => tenant.id).sort()).toEqual([tenants.sourceTenantId, tenants.destTenantId].sort());
  });

  test('another organisation’s tenant and job answer exactly as ones that do not exist', async () => {
    const job = await createJob(platform, tenants, { scheduledAt: '2030-01-01T00:00:00Z' });
    const state = readState(platform.dataDir)!;
    const made = execFileSync(process.execPath, [join(checkout, 'apps/api-gateway/dist/cli/api-key.js'), 'create', '--org-name', 'Another', '--json'], { env: { PATH: process.env['PATH'], DATABASE_URL: platform.stack.databaseUrl, API_KEY_PEPPER: state.secrets.pepper }, encoding: 'utf8' });
    const other = { authorization: `Bearer ${(JSON.parse(made) as { apiKey: string }).apiKey}` };
    const unknownJob = 'job_01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const unknownTenant = 'ten_01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const calls: [string, string, string, string][] = [
      ['GET', `/v1/tenants/${tenants.sourceTenantId}`, `/v1/tenants/${unknownTenant}`, 'TENANT_NOT_FOUND'],
      ['GET', `/v1/tenants/${tenants.sourceTenantId}/users`, `/v1/tenants/${unknownTenant}/users`, 'TENANT_NOT_FOUND'],
      ['DELETE', `/v1/tenants/${tenants.sourceTenantId}`, `/v1/tenants/${unknownTenant}`, 'TENANT_NOT_FOUND'],
      ['GET', `/v1/jobs/${job.id}`, `/v1/jobs/${unknownJob}`, 'JOB_NOT_FOUND'],
      ['GET', `/v1/jobs/${job.id}/logs`, `/v1/jobs/${unknownJob}/logs`, 'JOB_NOT_FOUND'],
      ['GET', `/v1/jobs/${job.id}/mailboxes`, `/v1/jobs/${unknownJob}/mailboxes`, 'JOB_NOT_FOUND'],
      ['PATCH', `/v1/jobs/${job.id}/pause`, `/v1/jobs/${unknownJob}/pause`, 'JOB_NOT_FOUND'],
      ['DELETE', `/v1/jobs/${job.id}`, `/v1/jobs/${unknownJob}`, 'JOB_NOT_FOUND'],
    ];
    for (const [method, theirs, nothing, code] of calls) {
      const answers = [await platform.raw(method, theirs, undefined, other), await platform.raw(method, nothing, undefined, other)];
      for (const answer of answers) expectError(answer, 404, code);
      expect({ ...answers[0]!.json, requestId: null }).toEqual({ ...answers[1]!.json, requestId: null });
    }
    expect((await platform.raw('GET', '/v1/jobs', undefined, other)).json['jobs']).toEqual([]);
    expect((await platform.raw('DELETE', `/v1/jobs/${job.id}`)).json).toEqual({ deleted: true });
    expectError(await platform.raw('GET', `/v1/jobs/${job.id}`), 404, 'JOB_NOT_FOUND');
  });

  test('a job between equal tenants, with unmatched sources, unknown options or a workload of later is refused with reasons and creates nothing', async () => {
    const attempts: [Record<string, unknown>, string][] = [
      [{ sourceTenantId: tenants.sourceTenantId, destTenantId: tenants.sourceTenantId, type: 'EMAIL' }, 'destTenantId'],
      [{ ...tenants, type: 'EMAIL', options: { mailboxes: ['nobody@contoso.com'] } }, 'options.mailboxes'],
      [{ ...tenants, type: 'EMAIL', options: { speed: 'fast' } }, 'options.speed'],
      [{ ...tenants, type: 'EMAIL', scope: { email: false } }, 'scope.email'],
      [{ ...tenants, type: 'TEAMS' }, 'type'],
      [{ ...tenants, type: 'EMAIL', scheduledAt: 'tomorrow' }, 'scheduledAt'],
    ];
    for (const [body, path] of attempts) {
      const answer = await platform.raw('POST', '/v1/jobs', body);
      expectError(answer, 422, 'VALIDATION_ERROR');
      expect((answer.json['errors'] as { path: string }[]).some((each) => each.path.startsWith(path))).toBe(true);
    }
    expect((await platform.raw('GET', '/v1/jobs')).json['jobs']).toEqual([]);
  });

  test('a call that a key’s scope does not allow is 403', async () => {
    const state = readState(platform.dataDir)!;
    const made = execFileSync(process.execPath, [join(checkout, 'apps/api-gateway/dist/cli/api-key.js'), 'create', '--org', platform.stack.orgId, '--scopes', 'read', '--json'], { env: { PATH: process.env['PATH'], DATABASE_URL: platform.stack.databaseUrl, API_KEY_PEPPER: state.secrets.pepper }, encoding: 'utf8' });
    const reader = { authorization: `Bearer ${(JSON.parse(made) as { apiKey: string }).apiKey}` };
    expect((await platform.raw('GET', '/v1/tenants', undefined, reader)).status).toBe(200);
    expectError(await platform.raw('POST', '/v1/jobs', { ...tenants, type: 'EMAIL' }, reader), 403, 'FORBIDDEN');
  });

  test('disconnecting pauses the tenant’s jobs, erases it, and resuming such a job says why it cannot', async () => {
    const job = await createJob(platform, tenants, { scheduledAt: '2030-01-01T00:00:00Z' });
    expect((await platform.raw('DELETE', `/v1/tenants/${tenants.destTenantId}`)).json).toEqual({ deleted: true });
    expectError(await platform.raw('GET', `/v1/tenants/${tenants.destTenantId}`), 404, 'TENANT_NOT_FOUND');
    expect((await platform.raw('GET', `/v1/jobs/${job.id}`)).json['job']).toMatchObject({ status: 'PAUSED' });
    expectError(await platform.raw('PATCH', `/v1/jobs/${job.id}/resume`), 409, 'TENANT_DISCONNECTED');
  });

  test('a service that is down is 503 with Retry-After', async () => {
    const state = readState(platform.dataDir)!;
    process.kill(state.processes['job-service']!.pid, 'SIGKILL');
    const answer = await platform.raw('GET', '/v1/jobs');
    expectError(answer, 503, 'SERVICE_UNAVAILABLE');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    await platform.heal();
    expect((await platform.raw('GET', '/v1/jobs')).status).toBe(200);
  });
});
