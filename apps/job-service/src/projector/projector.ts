/** Reads the `work` stream in order and stores it; publishes live copies of what was committed. */
import { ensureStreams, type Nats } from '@migrator/messaging/nats';
import { readWork, type WorkReader, type WorkReport } from '@migrator/messaging/work';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { Logger } from '@migrator/service-kit/logger';
import type { LivePublisher } from '../live/live-publisher.js';
import { pause } from '../leadership/leadership.js';
import { advancePosition, openPosition, PositionMoved, type Position, type StreamState } from './position-repository.js';
import { storeReports } from './store-reports.js';

export interface ProjectorDeps {
  sql: Sql;
  nats: Nats;
  ids: Ids;
  live: LivePublisher;
  logger: Logger;
  /** Called after each stored batch: jobs may have waited for it to end. */
  endJobs(): Promise<void>;
  /** Called with the number of reports stored. */
  onStored?(reports: number): void;
  /** How often the stream itself is looked at; default 2 s. */
  watchEveryMs?: number;
}

/** A batch: at most this many reports, and items in them. Whatever arrives while one is stored makes up the next. */
const batchReportsMax = 1_000;
const batchItemsMax = 5_000;
/** Reports held in memory at most. */
const bufferMax = 4_000;

/** The stream's state; makes it when it is missing. */
export async function workStreamState(nats: Nats): Promise<StreamState> {
  const read = async (): Promise<StreamState> => {
    const { created, state } = await nats.jsm.streams.info(nats.stream('work'));
    return { incarnation: created, firstSequence: state.first_seq, lastSequence: state.last_seq };
  };
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Error && /not found/i.test(error.message))) throw error;
    await ensureStreams(nats);
    return read();
  }
}

/** Leads until the signal. Ends by itself when the stream was made again or another projector was faster: begin again then. */
export async function project(deps: ProjectorDeps, signal: AbortSignal): Promise<void> {
  const { nats, logger, sql, watchEveryMs = 2_000 } = deps;
  const { lost, ...opened } = await openPosition(sql, await workStreamState(nats));
  if (lost) logger.error({ incarnation: opened.incarnation, sequence: opened.sequence }, 'the work stream was lost and made again; reports that were not stored yet are gone');
  const position: Position = opened;
  const reader = await readWork(nats, position.sequence);
  const inbox = new Inbox(reader);
  const close = (): void => {
    inbox.close();
  };
  signal.addEventListener('abort', close);
  let watchedAt = performance.now();
  try {
    while (!signal.aborted) {
      const batch = await inbox.take(watchEveryMs);
      if (batch.length > 0) await storeBatch(deps, position, batch);
      if (performance.now() - watchedAt < watchEveryMs || signal.aborted) continue;
      watchedAt = performance.now();
      const stream = await workStreamState(nats);
      if (stream.incarnation !== position.incarnation || stream.lastSequence < position.sequence) return;
      if (inbox.empty && stream.firstSequence - 1 > position.sequence) await skipExpired(deps, position, stream.firstSequence - 1);
    }
  } catch (error) {
    if (!(error instanceof PositionMoved)) throw error;
    logger.info('another projector was faster');
  } finally {
    signal.removeEventListener('abort', close);
    inbox.close();
    await inbox.ended;
  }
}

async function storeBatch({ sql, ids, live, logger, endJobs, onStored }: ProjectorDeps, position: Position, batch: readonly WorkReport[]): Promise<void> {
  const unreadable = batch.filter(({ type }) => type === 'unreadable');
  for (const { seq } of unreadable) logger.error({ sequence: seq }, 'a work report could not be read and was left out');
  const stored = await storeReports(sql, ids, position, batch);
  position.sequence = batch.at(-1)?.seq ?? position.sequence;
  for (const [jobId, lines] of stored) live.lines(jobId, lines);
  onStored?.(batch.length);
  await endJobs();
}

/** Reports that outlived the stream's retention before anybody stored them will never come; jobs must not wait for them. */
async function skipExpired({ sql, logger, endJobs }: ProjectorDeps, position: Position, to: number): Promise<void> {
  logger.error({ from: position.sequence, to }, 'work reports expired before they were stored');
  await inTransaction(sql, (tx) => advancePosition(tx, position, to));
  position.sequence = to;
  await endJobs();
}

/** Items and findings in a report. */
function sizeOf(report: WorkReport): number {
  if (report.type === 'items') return report.payload.items.length;
  return report.type === 'verification' && report.payload.event.kind === 'differences' ? report.payload.event.differences.length : 0;
}

/** Collects reports while a batch is being stored, and holds the reader back when it is full. */
class Inbox {
  readonly #reports: WorkReport[] = [];
  readonly ended: Promise<void>;
  #failure: unknown = null;
  #open = true;
  #arrived: () => void = () => undefined;
  #taken: () => void = () => undefined;

  constructor(private readonly reader: WorkReader) {
    this.ended = this.#collect();
  }

  get empty(): boolean {
    return this.#reports.length === 0;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.reader.close();
    this.#taken();
    this.#arrived();
  }

  /** What has arrived, up to a batch; waits for the first up to `waitMs`. Throws when the reader failed or ended by itself. */
  async take(waitMs: number): Promise<WorkReport[]> {
    if (this.#reports.length === 0 && this.#open) {
      const waiting = new AbortController();
      this.#arrived = () => {
        waiting.abort();
      };
      await pause(waitMs, waiting.signal);
    }
    if (this.#reports.length === 0 && this.#failure !== null) throw new Error('Reading the work stream failed.', { cause: this.#failure });
    let count = 0;
    let items = 0;
    for (const report of this.#reports) {
      items += sizeOf(report);
      if (count > 0 && (count >= batchReportsMax || items > batchItemsMax)) break;
      count += 1;
    }
    const batch = this.#reports.splice(0, count);
    this.#taken();
    return batch;
  }

  async #collect(): Promise<void> {
    try {
      for await (const report of this.reader.reports) {
        if (!this.#open) return;
        this.#reports.push(report);
        this.#arrived();
        if (this.#reports.length >= bufferMax) {
          await new Promise<void>((resolve) => {
            this.#taken = resolve;
          });
        }
      }
      if (this.#open) this.#failure = new Error('The reader ended.');
    } catch (error) {
      this.#failure = error;
    }
    this.#arrived();
  }
}
