/** Two hundred requests that race each other: the end is one that the table of legal moves allows, and every answer was true. */
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { eventually } from '@migrator/testing/eventually';
import { connectBoth, createJob, jobReaches, startPlatform, type Connected, type Platform } from '../platform.js';

jest.setTimeout(180_000);
let platform: Platform;
let tenants: Connected;
let sql: postgres.Sql;
beforeAll(async () => {
  platform = await startPlatform({ preset: 'small', workers: 1 });
  sql = postgres(platform.stack.databaseUrl, { max: 2, onnotice: () => undefined });
  await sql`update gateway.organisations set plan = 'enterprise', rate_limit_per_minute = 10000000`;
  tenants = await connectBoth(platform);
});
afterAll(async () => {
  await sql.end();
  await platform.stop();
});

interface Said {
  status: number;
  json: Record<string, unknown>;
}
const said = async (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Said> => {
  const { status, json } = await platform.raw(method, path, body, headers);
  return { status, json };
};
/** How often each answer came. */
const counted = (answers: Said[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status, json } of answers) {
    const name = status < 300 ? String(status) : `${status} ${String(json['code'])}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};
const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, (_each, index) => work(index)));
const auditOf = async (action: string, target: string): Promise<number> => Number((await sql<{ n: number }[]>`select count(*)::int as n from gateway.audit where action = ${action} and target = ${target} and outcome = 'done'`)[0]?.n);

test('pause with resume: they take turns, each success is in the audit log, and the job still ends whole', async () => {
  const job = await createJob(platform, tenants);
  await jobReaches(platform, job.id, ['RUNNING']);
  const answers = await times(200, async (index) => ({ move: index % 2 === 0 ? 'pause' : 'resume', ...(await said('PATCH', `/v1/jobs/${job.id}/${index % 2 === 0 ? 'pause' : 'resume'}`)) }));
  const pauses = answers.filter(({ move }) => move === 'pause');
  const resumes = answers.filter(({ move }) => move === 'resume');
  for (const { status, json } of pauses) expect(status === 200 ? json : json['code']).toEqual(status === 200 ? { status: 'PAUSED' } : 'JOB_NOT_RUNNING');
  for (const { status, json } of resumes) expect(status === 200 ? json : json['code']).toEqual(status === 200 ? { status: 'QUEUED' } : 'JOB_NOT_PAUSED');
  const paused = pauses.filter(({ status }) => status === 200).length;
  const resumed = resumes.filter(({ status }) => status === 200).length;
  expect([0, 1]).toContain(paused - resumed);
  const { status } = (await platform.raw('GET', `/v1/jobs/${job.id}`)).json['job'] as { status: string };
  expect({ paused, resumed, status: paused > resumed ? status === 'PAUSED' : status !== 'PAUSED' }).toEqual({ paused, resumed, status: true });
  expect({ pauses: await auditOf('job.paused', job.id), resumes: await auditOf('job.resumed', job.id) }).toEqual({ pauses: paused, resumes: resumed });
  if (paused > resumed) await platform.raw('PATCH', `/v1/jobs/${job.id}/resume`);
  const ended = await jobReaches(platform, job.id, ['DONE']);
  expect(ended.doneItems + ended.errorItems + ended.skippedItems).toBe(ended.totalItems);
});

test('cancel with check-in: a command is handed out or cancelled, never both, and each answer says which', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { json: device } = await said('POST', '/v1/devices/register', { orgId: platform.stack.orgId, hostname: `RACE-${round}`, ipAddress: '10.0.0.1', domain: 'contoso.local' });
    const { json: created } = await said('POST', `/v1/devices/${String(device['deviceId'])}/commands`, { type: 'FULL_MIGRATION', payload: { ppkgUrl: 'https://files.northwind.example/join.ppkg', destTenantId: randomUUID() } });
    const command = (created['command'] as { id: string }).id;
    const answers = await times(20, async (index) =>
      index % 2 === 0 ? { move: 'cancel', ...(await said('PATCH', `/v1/devices/${String(device['deviceId'])}/commands/${command}/cancel`)) } : { move: 'check-in', ...(await said('POST', '/v1/devices/checkin', { deviceId: device['deviceId'], secret: device['secret'] })) },
    );
    const cancels = answers.filter(({ move }) => move === 'cancel');
    const checkIns = answers.filter(({ move }) => move === 'check-in');
    const handedOut = checkIns.flatMap(({ json }) => (json['commands'] ?? []) as { id: string }[]);
    const cancelled = cancels.filter(({ status }) => status === 200).length;
    expect(checkIns.every(({ status }) => status === 200)).toBe(true);
    expect(cancels.filter(({ status }) => status !== 200).every(({ json }) => json['code'] === 'COMMAND_NOT_CANCELLABLE')).toBe(true);
    expect({ ways: handedOut.length + cancelled, ids: handedOut.every(({ id }) => id === command) }).toEqual({ ways: 1, ids: true });
    const [listed] = (await said('GET', `/v1/devices/${String(device['deviceId'])}/commands`)).json['commands'] as { status: string }[];
    expect(listed?.status).toBe(cancelled === 1 ? 'CANCELLED' : 'RUNNING');
  }
});

test('delete with everything else: one delete is done, and from then on the job is not there', async () => {
  const job = await createJob(platform, tenants, { scheduledAt: '2099-01-01T00:00:00Z' });
  const moves: [string, string, unknown?][] = [['DELETE', ''], ['PATCH', '/pause'], ['PATCH', '/resume'], ['POST', '/passes', { mode: 'delta' }], ['GET', '']];
  const answers = await times(200, async (index) => {
    const [method, path, body] = moves[index % moves.length] ?? ['GET', ''];
    return { move: `${method} ${path}`, ...(await said(method, `/v1/jobs/${job.id}${path}`, body)) };
  });
  const deletes = answers.filter(({ move }) => move === 'DELETE ');
  expect(counted(deletes)).toEqual({ '200': 1, '404 JOB_NOT_FOUND': deletes.length - 1 });
  for (const { status, json } of answers.filter(({ status }) => status >= 300)) expect(['JOB_NOT_FOUND', 'JOB_NOT_RUNNING', 'JOB_NOT_PAUSED', 'CONFLICT'].includes(String(json['code'])) ? status : json).toBe(status);
  expect((await said('GET', `/v1/jobs/${job.id}`)).status).toBe(404);
  expect(await auditOf('job.deleted', job.id)).toBe(1);
});

test('one idempotency key: one job, and everybody who is answered gets it', async () => {
  const key = randomUUID();
  const before = ((await said('GET', '/v1/jobs?limit=100')).json['jobs'] as unknown[]).length;
  const answers = await times(200, () => said('POST', '/v1/jobs', { ...tenants, type: 'EMAIL', scheduledAt: '2099-01-01T00:00:00Z' }, { 'idempotency-key': key }));
  for (const { status, json } of answers) expect(status === 201 ? status : json['code']).toBe(status === 201 ? 201 : 'IDEMPOTENCY_IN_PROGRESS');
  expect(new Set(answers.filter(({ status }) => status === 201).map(({ json }) => (json['job'] as { id: string }).id)).size).toBe(1);
  expect(((await said('GET', '/v1/jobs?limit=100')).json['jobs'] as unknown[]).length).toBe(before + 1);
  expect((await said('POST', '/v1/jobs', { ...tenants, type: 'EMAIL', scheduledAt: '2099-01-02T00:00:00Z' }, { 'idempotency-key': key })).json['code']).toBe('IDEMPOTENCY_CONFLICT');
});

test('disconnecting with creating: no job of a tenant that is gone goes on by itself', async () => {
  let first: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (first = resolve));
  const [deleted, ...creations] = await Promise.all([
    begun.then(() => said('DELETE', `/v1/tenants/${tenants.destTenantId}`)),
    ...Array.from({ length: 199 }, async (_each, index) => {
      const answer = await said('POST', '/v1/jobs', { ...tenants, type: 'EMAIL', name: `Race ${index}` });
      first();
      return answer;
    }),
  ]);
  expect(deleted).toEqual({ status: 200, json: { deleted: true } });
  for (const { status, json } of creations) expect(status === 201 ? status : String(json['code'])).toEqual(status === 201 ? 201 : expect.stringMatching(/^(?:TENANT_NOT_FOUND|TENANT_DISCONNECTED)$/));
  await eventually('every job of it to be paused or ended', async () => {
    const left = await sql<{ status: string; n: number }[]>`select status, count(*)::int as n from jobs.jobs where dest_tenant_id = ${tenants.destTenantId} and deleted_at is null and status in ('QUEUED', 'RUNNING') group by status`;
    return left.length === 0;
  });
  expect(counted(creations)['201'] ?? 0).toBeGreaterThan(0);
});
