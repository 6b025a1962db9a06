/**
 * One job's live log on this gateway, shared by all its readers.
 *
 * Lines carry a per-job sequence without gaps, in commit order. The channel follows it: what it has had it drops, what it misses it
 * fetches from job-service. A reader first replays the stored log by itself and joins, in the same turn of the event loop, once it
 * has caught up with the channel; so there is neither gap nor duplicate at the seam.
 */
import type { LogDone } from '@migrator/contracts/api/logs';
import { AppError } from '@migrator/contracts/errors';
import type { LiveMessage } from '@migrator/contracts/events';
import type { InternalLogsAnswer } from '@migrator/contracts/internal';
import type { StoredLine } from './log-source.js';
import { encodeLines } from './sse.js';

/** A client that listens; `seq` is the last line it was given. */
export interface Reader {
  seq: number;
  /** Writes what was encoded once for everybody. */
  write(chunk: Buffer): void;
  /** The log ended. */
  end(done: LogDone): void;
  /** The channel cannot follow the log any more; the client should come back with its last id. */
  drop(): void;
}

export interface ChannelDeps {
  /** Stored lines after a sequence number. */
  fetch: (afterSeq: number) => Promise<InternalLogsAnswer>;
  onError: (error: unknown) => void;
}

export class JobChannel {
  readonly #readers = new Set<Reader>();
  #seq: number | null = null;
  #done: { lastSeq: number; done: LogDone } | null = null;
  #pending: LiveMessage[] = [];
  #working = false;

  constructor(private readonly deps: ChannelDeps) {}

  /**
   * Joins a reader that has caught up by itself; false when it has not (the channel is ahead: replay more and ask again).
   * A reader that is ahead of the channel may join: it is not given again what it has.
   */
  join(reader: Reader): boolean {
    this.#seq ??= reader.seq;
    if (reader.seq < this.#seq) return false;
    this.#readers.add(reader);
    if (this.#done !== null && reader.seq >= this.#done.lastSeq) this.#finish(reader, this.#done.done);
    return true;
  }

  leave(reader: Reader): void {
    this.#readers.delete(reader);
  }

  /** A message from NATS. */
  receive(message: LiveMessage): void {
    this.#pending.push(message);
    void this.#work();
  }

  /** Asks job-service for what may have been missed (NATS was away, or to be sure). */
  async resync(): Promise<void> {
    if (this.#seq === null || this.#working) return;
    this.#working = true;
    try {
      const page = await this.#catchUp(Number.MAX_SAFE_INTEGER);
      if (page !== null && (page.status === 'DONE' || page.status === 'ERROR') && this.#seq >= page.lastSeq) this.#broadcastDone({ lastSeq: page.lastSeq, done: { status: page.status, completedAt: page.completedAt } });
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#working = false;
    }
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      for (let message = this.#pending.shift(); message !== undefined; message = this.#pending.shift()) await this.#apply(message);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#working = false;
    }
  }

  async #apply(message: LiveMessage): Promise<void> {
    if (message.kind === 'done') {
      if (this.#seq !== null && this.#seq < message.lastSeq && message.status !== 'CANCELLED') await this.#catchUp(message.lastSeq);
      this.#broadcastDone({ lastSeq: message.lastSeq, done: { status: message.status, completedAt: message.completedAt } });
      return;
    }
    const first = message.lines[0];
    if (first === undefined) return;
    if (this.#seq !== null && first.seq > this.#seq + 1) await this.#catchUp(first.seq - 1);
    this.#broadcast(message.lines);
  }

  /** Fetches and passes on stored lines until `target` or the end of the log; the last page, or null when nothing was to fetch. */
  async #catchUp(target: number): Promise<InternalLogsAnswer | null> {
    let page: InternalLogsAnswer | null = null;
    while (this.#seq !== null && this.#seq < target) {
      page = await this.deps.fetch(this.#seq);
      if (page.lines.length === 0) return page;
      this.#broadcast(page.lines);
    }
    return page;
  }

  #broadcast(lines: readonly StoredLine[]): void {
    const after = this.#seq ?? -1;
    const fresh = lines.filter((line) => line.seq > after);
    const last = fresh.at(-1);
    const first = fresh[0];
    if (last === undefined || first === undefined) return;
    this.#seq = last.seq;
    this.#done = null;
    const all = encodeLines(fresh);
    for (const reader of this.#readers) {
      if (reader.seq >= last.seq) continue;
      reader.write(reader.seq < first.seq ? all : encodeLines(fresh.filter((line) => line.seq > reader.seq)));
      reader.seq = last.seq;
    }
  }

  #broadcastDone(end: { lastSeq: number; done: LogDone }): void {
    this.#done = end;
    for (const reader of this.#readers) this.#finish(reader, end.done);
  }

  #finish(reader: Reader, done: LogDone): void {
    this.#readers.delete(reader);
    reader.end(done);
  }

  #fail(error: unknown): void {
    if (error instanceof AppError && error.code === 'JOB_NOT_FOUND') {
      this.#broadcastDone({ lastSeq: 0, done: { status: 'CANCELLED', completedAt: null } });
      return;
    }
    // Without job-service the channel cannot know what it missed: readers come back by id, and are told so by the closed stream.
    this.deps.onError(error);
    this.#pending = [];
    this.#seq = null;
    for (const reader of this.#readers) {
      this.#readers.delete(reader);
      reader.drop();
    }
  }
}
