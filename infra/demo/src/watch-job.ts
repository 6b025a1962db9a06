/** Watches a job to its end: counters, bars, log lines; and holds the counters against their promise at every look. */
import { jobAnswer, listUnitsAnswer, type Job } from '@migrator/contracts/api/jobs';
import type { ApiClient } from './api-client.js';
import { followLog } from './follow-log.js';
import type { Screen } from './screen.js';

export interface WatchOptions {
  api: ApiClient;
  screen: Screen;
  jobId: string;
  /** Called after every look; what it does in the middle of the job. */
  onLook?: (job: Job) => Promise<void>;
  timeoutMs?: number;
  /** The last line of the log that was shown before. */
  after?: string | undefined;
}

export interface Watched {
  job: Job;
  /** Looks at which done + error + skipped was above total; must stay 0. */
  inconsistent: number;
  lastLine: string | undefined;
}

const lookEveryMs = 250;

/** Resolves when the job is DONE; throws when it ends otherwise or not in time. */
export async function watchJob({ api, screen, jobId, onLook, timeoutMs = 300_000, after }: WatchOptions): Promise<Watched> {
  const abort = new AbortController();
  let lastLine = after;
  const log = followLog(
    api,
    jobId,
    (line) => {
      lastLine = line.id;
      screen.log(line);
    },
    abort.signal,
    after,
  );
  const deadline = Date.now() + timeoutMs;
  let inconsistent = 0;
  try {
    for (;;) {
      const { job } = await api.call('GET', `/v1/jobs/${jobId}`, jobAnswer);
      if (job.doneItems + job.errorItems + job.skippedItems > job.totalItems) inconsistent += 1;
      const { units } = await api.call('GET', `/v1/jobs/${jobId}/units?limit=100`, listUnitsAnswer);
      screen.progress(job, units);
      if (job.status === 'DONE') {
        await Promise.race([log, new Promise((resolve) => setTimeout(resolve, 5_000))]);
        screen.progress(job, units);
        screen.settle();
        return { job, inconsistent, lastLine };
      }
      if (job.status === 'ERROR') throw new Error(`The job stopped: ${JSON.stringify(job.failure)}`);
      await onLook?.(job);
      if (Date.now() > deadline) throw new Error('The job did not end in time.');
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  } finally {
    abort.abort();
    await log;
  }
}
