/** Watches one job as its owner would, all the time: its counters at every look, and every line of its log. */
import { jobAnswer, type Job } from '@migrator/contracts/api/jobs';
import type { LogLine } from '@migrator/contracts/api/logs';
import { followLog } from '@migrator/demo/follow-log';
import type { PatientApi } from './patient-api.js';
import type { Carriable } from './plan.js';

const lookEveryMs = 100;
/**
 * A job at which nothing has been done for so long has stopped. How long a pass takes says nothing: that hangs on Microsoft's windows and on
 * the machine. The longest wait that is in order here is for the minute in which SharePoint counts.
 */
const stillMsMax = 120_000;

/** What moves while a job works. */
const progressOf = ({ status, draining, totalItems, doneItems, errorItems, skippedItems, passes }: Job): string => JSON.stringify([status, draining, totalItems, doneItems, errorItems, skippedItems, passes[0]]);

export class Witness {
  /** Lines in the order in which they came, over all passes and lost connections. */
  readonly lines: LogLine[] = [];
  /** What should never have been seen. */
  readonly violations: string[] = [];
  looks = 0;
  #gone = new AbortController();

  constructor(
    private readonly api: PatientApi,
    readonly type: Carriable,
    readonly jobId: string,
  ) {}

  async job(): Promise<Job> {
    const { job } = await this.api.client.call('GET', `/v1/jobs/${this.jobId}`, jobAnswer);
    this.looks += 1;
    const settled = job.doneItems + job.errorItems + job.skippedItems;
    if (settled > job.totalItems) this.violations.push(`${this.type} job ${job.status}: ${job.doneItems} done + ${job.errorItems} errors + ${job.skippedItems} skipped are more than its total of ${job.totalItems}`);
    return job;
  }

  /** Follows the log until the pass has ended; resolves with the status that the log ended with, or null when told to leave. */
  async follow(): Promise<string | null> {
    for (;;) {
      try {
        const done = await followLog(this.api.client, this.jobId, (line) => this.lines.push(line), this.#gone.signal, this.lines.at(-1)?.id);
        return done?.status ?? null;
      } catch (error) {
        if (this.#gone.signal.aborted) return null;
        // The client gives up a connection after its own time; the log goes on where it was.
        if (!(error instanceof DOMException)) throw error;
      }
    }
  }

  /** Looks until the job is DONE or ERROR; throws when nothing has been done for too long. */
  async ended(): Promise<Job> {
    let progress = '';
    let since = Date.now();
    for (;;) {
      const job = await this.job();
      if (job.status === 'DONE' || job.status === 'ERROR') return job;
      const now = progressOf(job);
      if (now !== progress) since = Date.now();
      else if (Date.now() - since > stillMsMax) throw new Error(`nothing has been done in the ${this.type} ${job.passes[0]?.mode ?? ''} pass for ${stillMsMax / 1000} s: ${job.status}${job.draining ? ', draining' : ''}, ${job.doneItems} done, ${job.errorItems} errors, ${job.skippedItems} skipped of ${job.totalItems}`);
      progress = now;
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  leave(): void {
    this.#gone.abort();
    this.#gone = new AbortController();
  }
}
