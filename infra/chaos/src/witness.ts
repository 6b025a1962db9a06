/** Watches one job as its owner would, all the time: its counters at every look, and every line of its log. */
import { jobAnswer, type Job } from '@migrator/contracts/api/jobs';
import type { LogLine } from '@migrator/contracts/api/logs';
import { followLog } from '@migrator/demo/follow-log';
import type { PatientApi } from './patient-api.js';
import type { Carriable } from './plan.js';

const lookEveryMs = 100;

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

  /** Looks until the job is DONE or ERROR. */
  async ended(timeoutMs: number): Promise<Job> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const job = await this.job();
      if (job.status === 'DONE' || job.status === 'ERROR') return job;
      if (Date.now() > deadline) throw new Error(`the ${this.type} ${job.passes[0]?.mode ?? ''} pass did not end within ${timeoutMs / 1000} s: ${job.status}${job.draining ? ', draining' : ''}, ${job.doneItems} done, ${job.errorItems} errors, ${job.skippedItems} skipped of ${job.totalItems}`);
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  leave(): void {
    this.#gone.abort();
    this.#gone = new AbortController();
  }
}
