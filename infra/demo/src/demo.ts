/** The demonstration itself, step by step. */
import { jobAnswer, listItemsAnswer, pauseJobAnswer, passAnswer, resumeJobAnswer, type Item, type Job } from '@migrator/contracts/api/jobs';
import { jobReportAnswer } from '@migrator/contracts/api/report';
import type { Tenant } from '@migrator/contracts/api/tenants';
import { describeRehearsal } from './describe-rehearsal.js';
import { signal, readState, up, type StackStatus } from '@migrator/stack';
import { createApiClient, type ApiClient } from './api-client.js';
import { createControlClient, type Comparison } from './control-client.js';
import { giveConsent, waitForDiscovery } from './give-consent.js';
import type { Screen } from './screen.js';
import { makeSummary, type Summary } from './summary.js';
import { verificationLine, verificationOf } from './verification.js';
import { watchJob } from './watch-job.js';
import { watchWorkerMemory } from './worker-memory.js';

export interface DemoResult {
  summary: Summary;
  items: Item[];
  comparison: Comparison;
}

const sourceDomain = 'contoso.com';
const destinationDomain = 'fabrikam.com';
/** A verification reads the content of every item on both sides. */
const verifyTimeoutMs = 900_000;
/** Attachments that the simulator keeps, so that it can show them again when they are verified. */
const keepBytesMax = 16 * 1024 * 1024;

export async function runDemo(stack: StackStatus, dataDir: string, screen: Screen): Promise<DemoResult> {
  const api = createApiClient(stack.gatewayUrl, stack.apiKey);
  const control = createControlClient(stack.simulatorControlUrl);

  screen.step('Consent: an administrator of each tenant accepts the application');
  await giveConsent(api, sourceDomain, 'source');
  await giveConsent(api, destinationDomain, 'destination');

  screen.step('Discovery: who is there');
  const tenants = await waitForDiscovery(api);
  for (const tenant of tenants) screen.note(`${tenant.role.padEnd(12)} ${tenant.domain}: ${tenant.mailboxCount ?? 0} mailboxes, ${((tenant.totalSizeBytes ?? 0) / 1e6).toFixed(0)} MB`);
  const source = byRole(tenants, 'source');
  const dest = byRole(tenants, 'destination');
  const createJob = async (name: string, dryRun: boolean): Promise<Job> => (await api.call('POST', '/v1/jobs', jobAnswer, { sourceTenantId: source.id, destTenantId: dest.id, type: 'EMAIL', name, dryRun })).job;

  await control.call('POST', '/exchange/imports', { keepBytesMax });

  screen.step('Dry run: the same engine with a writer that cannot write');
  const dry = await watchJob({ api, screen, jobId: (await createJob('Demonstration, dry run', true)).id });
  for (const line of describeRehearsal(dry.job)) screen.note(line);

  screen.step('Live job: paused once, resumed, and one worker killed with SIGKILL in the middle');
  const memory = watchWorkerMemory(stack.services);
  const live = await createJob('Demonstration', false);
  const incident = incidents(api, live.id, dataDir, screen);
  const full = await watchJob({ api, screen, jobId: live.id, onLook: incident.onLook });

  screen.step('Changes at the source, then a delta pass');
  const changed = await control.call<Record<string, unknown>>('POST', '/exchange/changes', { tenant: sourceDomain, perMailbox: { new: 3, edited: 2, readFlags: 2, newFolder: true } });
  screen.note(`changed: ${JSON.stringify(changed['counts'] ?? {})}`);
  await api.call('POST', `/v1/jobs/${live.id}/passes`, passAnswer, { mode: 'delta' });
  const delta = await watchJob({ api, screen, jobId: live.id });
  memory.stop();

  screen.step('The simulator compares both tenants by itself');
  const comparison = await control.call<Comparison>('POST', '/compare', { source: sourceDomain, destination: destinationDomain });
  const counters = await graphCounters(control);
  const { items } = await api.call('GET', `/v1/jobs/${live.id}/items?limit=100`, listItemsAnswer);

  screen.step('Verification: the product re-reads both sides and compares them, without its ledger');
  await api.call('POST', `/v1/jobs/${live.id}/passes`, passAnswer, { mode: 'verify' });
  const verified = await watchJob({ api, screen, jobId: live.id, timeoutMs: verifyTimeoutMs });
  const report = await api.call('GET', `/v1/jobs/${live.id}/report`, jobReportAnswer);
  const verification = verificationOf(report);
  screen.note(verificationLine(verification));
  const summary = makeSummary({ job: delta.job, full: full.job, comparison, counters, verification, inconsistent: dry.inconsistent + full.inconsistent + delta.inconsistent + verified.inconsistent, memory: memory.highest, killed: incident.killed() });
  return { summary, items, comparison };
}

function byRole(tenants: readonly Tenant[], role: Tenant['role']): Tenant {
  const found = tenants.find((tenant) => tenant.role === role);
  if (found === undefined) throw new Error(`No ${role} tenant is connected.`);
  return found;
}

/** At a third of the work: pause, wait until the workers are idle, resume. At two thirds: SIGKILL one worker, and let the stack heal it. */
function incidents(api: ApiClient, jobId: string, dataDir: string, screen: Screen): { onLook: (job: Job) => Promise<void>; killed: () => number } {
  let step: 'pause' | 'draining' | 'kill' | 'heal' | 'over' = 'pause';
  let killed = 0;
  const share = (job: Job): number => (job.totalItems === 0 ? 0 : job.doneItems / job.totalItems);
  return {
    killed: () => killed,
    onLook: async (job) => {
      if (step === 'pause' && job.status === 'RUNNING' && share(job) > 0.3) {
        await api.call('PATCH', `/v1/jobs/${jobId}/pause`, pauseJobAnswer);
        screen.log({ id: 'log_00000000000000000000000000', level: 'WARN', message: '(demonstration) paused by us', ts: new Date().toISOString() });
        step = 'draining';
      } else if (step === 'draining' && job.status === 'PAUSED' && !job.draining) {
        await api.call('PATCH', `/v1/jobs/${jobId}/resume`, resumeJobAnswer);
        screen.log({ id: 'log_00000000000000000000000000', level: 'WARN', message: '(demonstration) every worker is idle; resumed by us', ts: new Date().toISOString() });
        step = 'kill';
      } else if (step === 'kill' && job.status === 'RUNNING' && share(job) > 0.5) {
        const victim = readState(dataDir)?.processes['migration-worker-1'];
        if (victim !== undefined && signal(victim, 'SIGKILL')) killed += 1;
        screen.log({ id: 'log_00000000000000000000000000', level: 'WARN', message: '(demonstration) migration-worker-1 killed with SIGKILL', ts: new Date().toISOString() });
        step = 'heal';
      } else if (step === 'heal') {
        step = 'over';
        await up({ dataDir });
      }
    },
  };
}

async function graphCounters(control: ReturnType<typeof createControlClient>): Promise<{ requests: number; throttled: number }> {
  const counters = await control.call<{ requests?: number; throttled?: number; byStatus?: Record<string, number> }>('GET', '/counters');
  const byStatus = counters.byStatus ?? {};
  return { requests: counters.requests ?? Object.values(byStatus).reduce((sum, each) => sum + each, 0), throttled: counters.throttled ?? byStatus['429'] ?? 0 };
}
