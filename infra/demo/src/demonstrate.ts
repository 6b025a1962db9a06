/** One workload from the dry run to the verification, over the public API. */
import { jobAnswer, listItemsAnswer, passAnswer, type Item, type Job } from '@migrator/contracts/api/jobs';
import { jobReportAnswer } from '@migrator/contracts/api/report';
import type { ApiClient } from './api-client.js';
import type { Ends } from './compare.js';
import type { Comparison, ControlClient } from './control-client.js';
import { describeRehearsal } from './describe-rehearsal.js';
import { incidents } from './incidents.js';
import type { Screen } from './screen.js';
import type { Shown } from './shown.js';
import { summaryOf, type WorkloadSummary } from './summary.js';
import { unexpectedOf, verificationLine, verificationOf } from './verification.js';
import { watchJob } from './watch-job.js';

export interface Stageplay {
  readonly api: ApiClient;
  readonly control: ControlClient;
  readonly screen: Screen;
  readonly dataDir: string;
  readonly ends: Ends;
  readonly tenants: { readonly sourceTenantId: string; readonly destTenantId: string };
}

export interface Demonstrated {
  readonly summary: WorkloadSummary;
  readonly items: readonly Item[];
  readonly comparison: Comparison;
  /** What the verification found that nobody had announced. */
  readonly unexpected: readonly string[];
}

/** A verification reads the content of every item on both sides. */
const verifyTimeoutMs = 900_000;

export async function demonstrate({ api, control, screen, dataDir, ends, tenants }: Stageplay, shown: Shown): Promise<Demonstrated> {
  const { type, things, options } = shown;
  const heading = (text: string): void => {
    screen.step(`${type}: ${text}`);
  };
  const createJob = async (name: string, dryRun: boolean): Promise<Job> => (await api.call('POST', '/v1/jobs', jobAnswer, { ...tenants, type, name, dryRun, ...(options === undefined ? {} : { options }) })).job;
  const beginPass = (jobId: string, mode: 'delta' | 'verify'): Promise<unknown> => api.call('POST', `/v1/jobs/${jobId}/passes`, passAnswer, { mode });

  heading(`dry run of all ${things}, by the same engine with a writer that cannot write`);
  const dry = await watchJob({ api, screen, jobId: (await createJob(`Demonstration, dry run of ${things}`, true)).id });
  for (const line of describeRehearsal(dry.job)) screen.note(line);

  heading('live job: paused once, resumed, and one worker killed with SIGKILL in the middle');
  const live = await createJob(`Demonstration of ${things}`, false);
  const incident = incidents(api, live.id, dataDir, screen);
  const full = await watchJob({ api, screen, jobId: live.id, onLook: incident.onLook });
  await incident.heal();

  heading('changes at the source, then a delta pass');
  const changed = Object.entries(await shown.change(control, ends.source)).filter(([, count]) => count > 0);
  screen.note(`changed: ${changed.map(([what, count]) => `${count} ${what}`).join(', ')}`);
  await beginPass(live.id, 'delta');
  const delta = await watchJob({ api, screen, jobId: live.id, after: full.lastLine });

  heading('the simulator compares both tenants by itself');
  const comparison = await shown.compare(control, ends, api, live.id);
  const { expected, matched, refused, missing, extra, doubled, differs } = comparison.items;
  screen.note(`of ${expected} items ${matched} are there and equal, ${refused} are refused by the source, ${missing} missing, ${differs} different; ${doubled} doubled, ${extra} that no source has`);
  const { items } = await api.call('GET', `/v1/jobs/${live.id}/items?limit=100`, listItemsAnswer);

  heading('verification: the product re-reads both sides and compares them, without its ledger');
  await beginPass(live.id, 'verify');
  const verified = await watchJob({ api, screen, jobId: live.id, timeoutMs: verifyTimeoutMs, after: delta.lastLine });
  const report = await api.call('GET', `/v1/jobs/${live.id}/report`, jobReportAnswer);
  const verification = verificationOf(report);
  screen.note(verificationLine(verification));
  const inconsistent = dry.inconsistent + full.inconsistent + delta.inconsistent + verified.inconsistent;
  return { summary: summaryOf({ job: delta.job, full: full.job, comparison, verification, inconsistent, killed: incident.killed() }), items, comparison, unexpected: unexpectedOf(report) };
}
