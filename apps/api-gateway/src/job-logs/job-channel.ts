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
  /** The log cannot be followed any more; the client should come back with its last id. */
  drop(): void;
}

/** How long readers wait, in silence, for a job-service that does not answer. */
export interface Patience {
  /** Between two tries. */
  retryMs: number;
  /** From the first failure until readers are dropped. */
  awayMs: number;
}

export interface ChannelDeps {
  /** Stored lines after a sequence number. */
  fetch: (afterSeq: number) => Promise<InternalLogsAnswer>;
  patience: Patience;
  /** Lines that follow each other within so many milliseconds share a write: what a reader costs is its writes, not its lines. The first after a silence waits for nothing. */
  gatherMs: number;
  /** Called once when the stored log begins to be out of reach. */
  onAway: (error: unknown) => void;
}

/** What comes in while a page is fetched; beyond it the stored log is asked instead. */
const pendingMax = 256;
/** As many wait no longer for others to share a write with. */
const gatheredMax = 64;

export const cancelled: LogDone = { status: 'CANCELLED', completedAt: null };
export const isGone = (error: unknown): boolean => error instanceof AppError && error.code === 'JOB_NOT_FOUND';

export class JobChannel {
  readonly #readers = new Set<Reader>();
  #seq: number | null = null;
  #generation = 0;
  #pending: LiveMessage[] = [];
  #working = false;
  /** A comparison with the stored log is due. */
  #owed = false;
  /** When the stored log went out of reach, by the monotonic clock. */
  #awaySince: number | null = null;
  #retry: NodeJS.Timeout | undefined;
  #gathering: NodeJS.Timeout | undefined;
  /** By the monotonic clock. */
  #passedOnAt = -Infinity;

  constructor(private readonly deps: ChannelDeps) {}

  /** Changes when the log ends and when the channel begins anew: read it before asking for the page that `join` is to follow. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Joins a reader that has caught up by itself; false when it has not, or when what it was told is of an earlier generation: replay
   * more and ask again. A reader that is ahead of the channel may join: it is not given again what it has.
   */
  join(reader: Reader, generation: number): boolean {
    if (generation !== this.#generation) return false;
    this.#seq ??= reader.seq;
    if (reader.seq < this.#seq) return false;
    this.#readers.add(reader);
    if (this.#awaySince !== null) this.resync();
    return true;
  }

  leave(reader: Reader): void {
    this.#readers.delete(reader);
  }

  /** A message from NATS. */
  receive(message: LiveMessage): void {
    // What was committed while the stored log is out of reach is fetched with it; that a job is gone needs no look.
    if (this.#awaySince !== null && !(message.kind === 'done' && message.status === 'CANCELLED')) return;
    this.#pending.push(message);
    if (this.#pending.length > pendingMax) {
      this.#pending = this.#pending.filter((one) => one.kind === 'done' && one.status === 'CANCELLED');
      this.#owed = true;
    }
    const dueIn = message.kind === 'done' || this.#pending.length >= gatheredMax ? 0 : this.#passedOnAt + this.deps.gatherMs - performance.now();
    if (dueIn <= 0) void this.#work();
    else
      this.#gathering ??= setTimeout(() => {
        void this.#work();
      }, dueIn);
  }

  /** Asks job-service for what may have been missed (NATS was away, or to be sure). */
  resync(): void {
    this.#owed = true;
    void this.#work();
  }

  /** Nobody needs it any more. */
  close(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#gathering);
    this.#readers.clear();
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    try {
      for (;;) {
        const message = this.#next();
        if (message !== undefined) await this.#apply(message);
        else if (this.#owed) await this.#sync();
        else break;
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#working = false;
      this.#passedOnAt = performance.now();
    }
  }

  /** The next message; lines that wait one behind the other are one. */
  #next(): LiveMessage | undefined {
    const message = this.#pending.shift();
    if (message?.kind !== 'log') return message;
    const lines = [...message.lines];
    for (;;) {
      const after = this.#pending[0];
      if (after?.kind !== 'log' || after.lines[0]?.seq !== (lines.at(-1)?.seq ?? Number.NaN) + 1) return { ...message, lines };
      lines.push(...after.lines);
      this.#pending.shift();
    }
  }

  async #apply(message: LiveMessage): Promise<void> {
    if (message.kind === 'done') {
      // An end that does not follow the last line is late or early: the stored log knows.
      if (message.status !== 'CANCELLED' && this.#seq !== null && this.#seq !== message.lastSeq) await this.#sync();
      else this.#end({ status: message.status, completedAt: message.completedAt });
      return;
    }
    const first = message.lines[0];
    if (first === undefined) return;
    if (this.#misses(first)) await this.#sync();
    if (this.#readers.size > 0 && this.#misses(first)) throw new Error('the stored log has not the lines before one that was announced');
    this.#broadcast(message.lines);
  }

  #misses(first: StoredLine): boolean {
    return this.#seq !== null && first.seq > this.#seq + 1;
  }

  /** Passes on what is stored after the channel's line, and the end if the job has ended. */
  async #sync(): Promise<void> {
    this.#owed = false;
    while (this.#seq !== null && this.#readers.size > 0) {
      const page = await this.deps.fetch(this.#seq);
      this.#awaySince = null;
      this.#broadcast(page.lines);
      if (page.lines.length > 0 && this.#seq < page.lastSeq) continue;
      if ((page.status === 'DONE' || page.status === 'ERROR') && this.#seq <= page.lastSeq) this.#end({ status: page.status, completedAt: page.completedAt });
      return;
    }
  }

  #broadcast(lines: readonly StoredLine[]): void {
    const after = this.#seq ?? -1;
    const fresh = lines.filter((line) => line.seq > after);
    const last = fresh.at(-1);
    const first = fresh[0];
    if (last === undefined || first === undefined) return;
    this.#seq = last.seq;
    let all: Buffer | undefined;
    for (const reader of this.#readers) {
      if (reader.seq >= last.seq) continue;
      if (reader.seq < first.seq) reader.write((all ??= encodeLines(fresh)));
      else {
        const { seq } = reader;
        reader.write(encodeLines(fresh.filter((line) => line.seq > seq)));
      }
      reader.seq = last.seq;
    }
  }

  #end(done: LogDone): void {
    this.#generation += 1;
    for (const reader of this.#readers) {
      this.#readers.delete(reader);
      reader.end(done);
    }
  }

  #fail(error: unknown): void {
    this.#pending = [];
    if (isGone(error)) {
      this.#end(cancelled);
      return;
    }
    const now = performance.now();
    if (this.#awaySince === null) {
      this.#awaySince = now;
      this.deps.onAway(error);
    }
    if (now - this.#awaySince < this.deps.patience.awayMs && this.#readers.size > 0) {
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => {
        this.resync();
      }, this.deps.patience.retryMs);
      return;
    }
    // Whoever comes after this replays by itself, and begins the channel anew.
    this.#generation += 1;
    this.#awaySince = null;
    this.#seq = null;
    for (const reader of this.#readers) {
      this.#readers.delete(reader);
      reader.drop();
    }
  }
}
