/** What a verify pass tells: findings in order, each stored in the stream before the next; progress at most once a second. */
import type { VerificationEvent } from '@migrator/contracts/events';
import type { UnitWork } from '@migrator/contracts/internal';
import type { Clock } from '@migrator/service-kit/clock';
import type { Logger } from '@migrator/service-kit/logger';
import type { Publish } from './unit-reporter.js';

const tickMs = 1_000;
const againMs = 500;

export interface VerifyReporterOptions {
  publish: Publish;
  work: UnitWork;
  claim: number;
  clock: Clock;
  logger: Logger;
  /** Aborts when the unit stops: nothing is told any more. */
  signal: AbortSignal;
}

export class VerifyReporter {
  #told = 0;
  #progressAt = 0;

  constructor(private readonly options: VerifyReporterOptions) {}

  /** Resolves when the stream has it; rejects only when the unit stops. */
  async tell(event: VerificationEvent): Promise<void> {
    const { signal, logger } = this.options;
    const id = `v${++this.#told}`;
    for (;;) {
      signal.throwIfAborted();
      try {
        await this.#publish(event, id);
        return;
      } catch (error) {
        logger.warn({ err: error }, 'a finding could not be published and is published again');
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    }
  }

  /** A number that is overtaken soon: lost ones do not matter. */
  progress(read: number): void {
    const now = performance.now();
    if (now - this.#progressAt < tickMs) return;
    this.#progressAt = now;
    void this.#publish({ kind: 'progress', read }, `vp${read}`).catch((error: unknown) => {
      this.options.logger.debug({ err: error }, 'progress could not be published');
    });
  }

  async #publish(event: VerificationEvent, id: string): Promise<void> {
    const { publish, work, claim, clock } = this.options;
    const { orgId, jobId, unitId, passId } = work;
    await publish('verification', { orgId, jobId, unitId, claim, passId, event, at: clock.now().toISOString() }, `${unitId}.${claim}.${id}`);
  }
}
