/**
 * What a unit tells the world: progress at most once a second, log lines in order, item outcomes in bulk. Item outcomes come from
 * the ledger, where they were stored with the outcome itself, and leave it when the stream has taken them: a crash repeats them at
 * worst, and never loses one.
 */
import type { LogLevel } from '@migrator/contracts/api/logs';
import type { ItemReport, UnitCounters, WorkPayload, WorkType } from '@migrator/contracts/events';
import { explain } from '@migrator/contracts/outcomes';
import type { UnitWork } from '@migrator/contracts/internal';
import type { Clock } from '@migrator/service-kit/clock';
import type { Logger } from '@migrator/service-kit/logger';
import type { UnitLedger } from '../engine/unit-ledger.js';

/** Resolves when the stream has stored the report; the same id within two minutes counts once. */
export type Publish = <T extends WorkType>(type: T, payload: WorkPayload<T>, messageId: string) => Promise<unknown>;

const tickMs = 1_000;
const itemsMax = 500;
/** How long closing waits for a stream that does not answer. */
const closeMs = 8_000;

export interface UnitReporterOptions {
  publish: Publish;
  work: Pick<UnitWork, 'orgId' | 'jobId' | 'unitId'> & { source: Pick<UnitWork['source'], 'address'> };
  claim: number;
  /** False when the lease has run out by our own clock: what we read of the ledger then may have been told by another worker, and be old. */
  holds: () => boolean;
  clock: Clock;
  logger: Logger;
}

export class UnitReporter {
  readonly #lines: { level: LogLevel; message: string; at: string; id: string }[] = [];
  readonly #ids: { orgId: UnitWork['orgId']; jobId: UnitWork['jobId']; unitId: UnitWork['unitId']; claim: number };
  #ledger: UnitLedger | null = null;
  #counters: UnitCounters | null = null;
  #itemsWait = false;
  #lineNo = 0;
  #sending: Promise<void> | null = null;
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly options: UnitReporterOptions) {
    const { orgId, jobId, unitId } = options.work;
    this.#ids = { orgId, jobId, unitId, claim: options.claim };
    this.#timer = setInterval(() => void this.#send().catch((error: unknown) => {
      options.logger.warn({ err: error }, 'reports could not be published and are kept');
    }), tickMs);
  }

  /** From here on item outcomes are read from this ledger, also those that a worker before us left. */
  attach(ledger: UnitLedger): void {
    this.#ledger = ledger;
    this.#itemsWait = true;
  }

  counters(now: UnitCounters): void {
    this.#counters = now;
  }

  reports(): void {
    this.#itemsWait = true;
  }

  /** A line of the job's log: addresses, folders and counts, never content. */
  line(level: LogLevel, message: string): void {
    this.#push(level, message, `${this.#ids.unitId}.${this.#ids.claim}.${++this.#lineNo}`);
  }

  /** Publishes everything that is left; throws when the stream does not take it in time. `last` are the unit's closing lines. */
  async close(last: readonly [LogLevel, string][]): Promise<void> {
    clearInterval(this.#timer);
    const deadline = performance.now() + closeMs;
    for (let closing = false; ; ) {
      try {
        await this.#send();
        if (closing) return;
        // Item lines first, the unit's last word after them.
        for (const [level, message] of last) this.line(level, message);
        closing = true;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  /** Ends without a word: the claim is somebody else's. */
  drop(): void {
    clearInterval(this.#timer);
    this.#lines.length = 0;
    this.#counters = null;
    this.#ledger = null;
  }

  #push(level: LogLevel, message: string, id: string): void {
    this.#lines.push({ level, message: message.slice(0, 2_000), at: this.options.clock.now().toISOString(), id });
  }

  async #send(): Promise<void> {
    while (this.#sending !== null) await this.#sending;
    this.#sending = this.#sendAll();
    try {
      await this.#sending;
    } finally {
      this.#sending = null;
    }
  }

  async #sendAll(): Promise<void> {
    if (this.#itemsWait) await this.#sendItems();
    for (let line = this.#lines[0]; line !== undefined; line = this.#lines[0]) {
      const { level, message, at, id } = line;
      await this.options.publish('log', { ...this.#ids, level, message, at }, id);
      // The line may have been dropped while it was under way.
      if (this.#lines[0] === line) this.#lines.shift();
    }
    const counters = this.#counters;
    if (counters === null) return;
    await this.options.publish('progress', { ...this.#ids, counters, at: this.options.clock.now().toISOString() }, `${this.#ids.unitId}.${this.#ids.claim}.p${JSON.stringify(Object.values(counters))}`);
    if (this.#counters === counters) this.#counters = null;
  }

  async #sendItems(): Promise<void> {
    const ledger = this.#ledger;
    if (ledger === null) return;
    this.#itemsWait = false;
    try {
      for (;;) {
        const waiting = await ledger.reports(itemsMax);
        const last = waiting.at(-1);
        if (last === undefined) return;
        // We may have stood still since we asked for the lease, or for the reports.
        if (!this.options.holds()) return;
        await this.options.publish('items', { ...this.#ids, items: waiting.map(({ report }) => report), at: this.options.clock.now().toISOString() }, `${this.#ids.unitId}.${this.#ids.claim}.i${last.no}`);
        for (const { no, report } of waiting) {
          const sentence = itemSentence(this.options.work.source.address, report);
          if (sentence !== null) this.#push(report.status === 'failed' ? 'ERROR' : 'WARN', sentence, `${this.#ids.unitId}.item${no}`);
        }
        await ledger.dropReports(last.no);
        if (waiting.length < itemsMax) return;
      }
    } catch (error) {
      this.#itemsWait = true;
      throw error;
    }
  }
}

/** The log line of an item; null for those that a filter leaves out (the container says how many) and for resolved ones. */
function itemSentence(address: string, { status, code, container, kind, graphCode }: ItemReport): string | null {
  if (status === 'resolved' || code === null || code === 'FILTERED_OUT') return null;
  const item = kind === '' ? 'an item' : `an item of class ${kind}`;
  return `${address}: ${item} in “${container}” ${status === 'failed' ? 'failed' : 'was skipped'}. ${explain(code).cause}${graphCode === null ? '' : ` Graph said ${graphCode}.`}`;
}
