import { jobAnswer, listItemsAnswer, passAnswer, pauseJobAnswer, resumeJobAnswer } from '@migrator/contracts/api/jobs';
import type { LogLine } from '@migrator/contracts/api/logs';
import { followLog } from '@migrator/demo/follow-log';
import { giveConsent } from '@migrator/demo/give-consent';
import { compare, connectBoth, createJob, expectEqual, jobReaches, startPlatform, type Connected, type Platform } from './platform.js';

jest.setTimeout(240_000);
let platform: Platform;
let tenants: Connected;
beforeAll(async () => {
  platform = await startPlatform({ preset: 'small', workers: 2, leaseSeconds: 3 });
  tenants = await connectBoth(platform);
});
afterAll(() => platform.stop());
afterEach(() => fetch(`${platform.stack.simulatorControlUrl}/faults`, { method: 'DELETE' }));

const faults = (list: unknown[]): Promise<unknown> => platform.control.call('POST', '/faults', list);

test('connections cut after the write, 503s, throttling and lost answers cost time and no item, and a delta pass over it changes nothing', async () => {
  await faults([
    { id: 'cut', match: { method: 'POST', path: 'importItem' }, probability: 0.15, seed: 'cut', times: 12, action: { kind: 'resetAfterWrite' } },
    { id: 'lie', match: { method: 'POST', path: 'importItem' }, probability: 0.1, seed: 'lie', times: 8, action: { kind: 'statusAfterWrite', status: 504, code: 'UnknownError' } },
    { id: 'busy', match: { path: 'items/delta' }, probability: 0.2, seed: 'busy', times: 6, action: { kind: 'emptyStatus', status: 503, headers: { 'Retry-After': '1' } } },
    { id: 'throttle', match: { path: 'exportItems' }, nth: 5, times: 3, action: { kind: 'status', status: 429, code: 'ApplicationThrottled', message: 'Application is over its MailboxConcurrency limit.', headers: { 'Retry-After': '1' } } },
    { id: 'drop', match: { path: 'exportItems' }, probability: 0.1, seed: 'drop', times: 5, action: { kind: 'truncateBody', bytes: 700 } },
    { id: 'folder', match: { method: 'POST', path: 'childFolders' }, nth: 1, action: { kind: 'resetAfterWrite' } },
  ]);
  const job = await createJob(platform, tenants, { name: 'through faults' });
  const done = await jobReaches(platform, job.id, ['DONE', 'ERROR']);
  expect(done.status).toBe('DONE');
  expectEqual(await compare(platform));

  // Forgotten delta tokens make the pass list again; the ledger knows what is there.
  await platform.control.call('POST', '/exchange/expire', { tenant: 'contoso.com', what: 'delta' });
  await platform.api.call('POST', `/v1/jobs/${job.id}/passes`, passAnswer, { mode: 'delta' });
  const again = await jobReaches(platform, job.id, ['DONE', 'ERROR']);
  expect({ status: again.status, bytes: again.bytesTransferred, done: again.doneItems }).toEqual({ status: 'DONE', bytes: done.bytesTransferred, done: done.doneItems });
  expectEqual(await compare(platform));
});

test('a Microsoft that cannot be reached for a while is waited for, and nothing is lost or doubled', async () => {
  await platform.control.call('POST', '/exchange/changes', { tenant: 'contoso.com', seed: 'down', perMailbox: { new: 6, edited: 2, readFlags: 2 } });
  await faults([{ id: 'down', match: { path: 'graph\\.microsoft\\.com|outlook\\.office365\\.com' }, times: 15, action: { kind: 'resetBefore' } }]);
  const job = await createJob(platform, tenants, { name: 'through an outage' });
  const done = await jobReaches(platform, job.id, ['DONE', 'ERROR']);
  expect(done.status).toBe('DONE');
  expectEqual(await compare(platform));
});

test('a second job over the same mailboxes finds what the first one did', async () => {
  const job = await createJob(platform, tenants, { name: 'second' });
  const done = await jobReaches(platform, job.id, ['DONE', 'ERROR']);
  expect({ status: done.status, bytes: done.bytesTransferred }).toEqual({ status: 'DONE', bytes: 0 });
  expectEqual(await compare(platform));
});

test('a dry run writes nothing at the destination and says what it would do', async () => {
  const writes = async (): Promise<number> => (await platform.control.call<{ writes: unknown[] }>('GET', '/writes?limit=100000')).writes.length;
  const before = await writes();
  const job = await createJob(platform, tenants, { dryRun: true });
  const done = await jobReaches(platform, job.id, ['DONE', 'ERROR']);
  expect(done.status).toBe('DONE');
  expect(done.totalItems).toBeGreaterThan(50);
  expect(await writes()).toBe(before);
});

test('the log is replayed, goes live, survives a lost connection by Last-Event-ID, and ends with done; the CSV has the same lines', async () => {
  await platform.control.call('POST', '/exchange/changes', { tenant: 'contoso.com', seed: 'log', perMailbox: { new: 3, edited: 1, readFlags: 1, newFolder: true } });
  const job = await createJob(platform, tenants, { name: 'with a log' });
  const whole: LogLine[] = [];
  const first: LogLine[] = [];
  const abort = new AbortController();
  const never = new AbortController();
  const broken = followLog(platform.api, job.id, (line) => { first.push(line); if (first.length === 3) abort.abort(); }, abort.signal);
  await Promise.race([broken, jobReaches(platform, job.id, ['DONE'])]);
  const rest: LogLine[] = [];
  const end = await followLog(platform.api, job.id, (line) => rest.push(line), never.signal, first.at(-1)?.id);
  expect(end).toMatchObject({ status: 'DONE' });
  await followLog(platform.api, job.id, (line) => whole.push(line), never.signal);
  expect([...first, ...rest].map((line) => line.id)).toEqual(whole.map((line) => line.id));
  expect(new Set(whole.map((line) => line.id)).size).toBe(whole.length);
  expect(whole.some((line) => line.level === 'OK' && /^adele\.vance@contoso\.com → \d+ items migrated$/.test(line.message))).toBe(true);
  const csv = await (await platform.api.open(`/v1/jobs/${job.id}/logs/export`, {}, never.signal)).text();
  const lines = csv.trim().split('\r\n');
  expect(lines[0]).toBe('id,level,message,ts');
  expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(whole.map((line) => line.id));
});

test('pausing lets the workers finish their batch and take nothing new; resuming goes on and writes nothing twice', async () => {
  await platform.control.call('POST', '/exchange/changes', { tenant: 'contoso.com', seed: 'pause', perMailbox: { new: 30, edited: 5, readFlags: 5 } });
  await faults([{ id: 'slow', match: { path: 'importItem' }, times: 200, action: { kind: 'delayMs', ms: 100 } }]);
  const job = await createJob(platform, tenants, { name: 'paused' });
  await jobReaches(platform, job.id, ['RUNNING', 'DONE']);
  await platform.api.call('PATCH', `/v1/jobs/${job.id}/pause`, pauseJobAnswer);
  const paused = await jobReaches(platform, job.id, ['PAUSED']);
  expect(paused.status).toBe('PAUSED');
  let settled = paused;
  for (; settled.draining; settled = (await platform.api.call('GET', `/v1/jobs/${job.id}`, jobAnswer)).job) await new Promise((resolve) => setImmediate(resolve));
  const imports = async (): Promise<number> => (await platform.control.call<{ writes: unknown[] }>('GET', '/writes?limit=100000')).writes.length;
  const before = await imports();
  expect((await platform.raw('PATCH', `/v1/jobs/${job.id}/pause`)).json).toMatchObject({ code: 'JOB_NOT_RUNNING' });
  expect(await imports()).toBe(before);
  await platform.api.call('PATCH', `/v1/jobs/${job.id}/resume`, resumeJobAnswer);
  const done = await jobReaches(platform, job.id, ['DONE', 'ERROR']);
  expect(done.status).toBe('DONE');
  expectEqual(await compare(platform));
});

test('consent revoked in mid-job stops the job with its reason; after a new consent another pass brings the rest, and nothing is lost or doubled', async () => {
  await platform.control.call('POST', '/exchange/changes', { tenant: 'contoso.com', seed: 'revoked', perMailbox: { new: 30 } });
  await faults([{ id: 'slow', match: { path: 'importItem' }, times: 300, action: { kind: 'delayMs', ms: 100 } }]);
  const job = await createJob(platform, tenants, { name: 'revoked' });
  await jobReaches(platform, job.id, ['RUNNING']);
  const revoked = await fetch(`${platform.stack.simulatorControlUrl}/consents`, { method: 'DELETE', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ tenant: 'fabrikam.com', clientId: platform.stack.simulatorApp.clientId, tokens: 'end' }) });
  expect(revoked.status).toBe(200);
  const stopped = await jobReaches(platform, job.id, ['ERROR', 'DONE']);
  expect(stopped).toMatchObject({ status: 'ERROR', failure: { code: 'ACCESS_LOST' } });
  // What the remedy says is what is done here.
  expect(stopped.failure!.remedy).toMatch(/consent again .* run a retry pass/);
  await fetch(`${platform.stack.simulatorControlUrl}/faults`, { method: 'DELETE' });
  await giveConsent(platform.api, 'fabrikam.com', 'destination');
  await platform.api.call('POST', `/v1/jobs/${job.id}/passes`, passAnswer, { mode: 'retry' });
  const done = await jobReaches(platform, job.id, ['DONE', 'ERROR']);
  expect(done.status).toBe('DONE');
  const comparison = await compare(platform);
  expectEqual(comparison);
  const { items } = await platform.api.call('GET', `/v1/jobs/${job.id}/items?status=failed&limit=100`, listItemsAnswer);
  expect(items).toHaveLength(comparison.items.refused);
});
