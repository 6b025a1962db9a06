/**
 * Items of one container that wait for the copy of another item of it (`SourceItem.needs`). They hold neither lane nor lock, so that
 * what they wait for is never kept from coming. Each is told once what became of it: its copy stands, or there will be none.
 */
import type { DestRef } from '../workloads/workload.js';
import type { Hand } from './pass-context.js';

/** An item that waits, or waited. Whoever lets go of it says when it has ended. */
export interface Held {
  readonly hand: Hand;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Entry extends Held {
  readonly neededMark: string;
  readonly ended: Promise<void>;
}

export interface HeldWork {
  /** Brings items whose need is met to their end. */
  write(hands: readonly Hand[]): Promise<void>;
  /** Ends items whose need will not be met. */
  fail(hands: readonly Hand[]): Promise<void>;
}

export class HeldItems {
  readonly #waiting = new Map<string, Entry>();
  /** Marks of those that wait, by the mark they wait for. */
  readonly #waitingFor = new Map<string, Set<string>>();
  /** Released and not yet at their end. */
  readonly #underWay = new Map<string, Promise<void>>();
  #met: Entry[] = [];
  #hopeless: Entry[] = [];
  readonly #running = new Set<Promise<void>>();
  #dropped: { error: unknown } | null = null;

  constructor(private readonly work: HeldWork) {}

  /** A listing begins. */
  begin(): void {
    this.#dropped = null;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Waits for the item of `neededMark`. Resolves when this item has ended; rejects with what stopped that. */
  hold(hand: Hand, neededMark: string): Promise<void> {
    let resolve: () => void = () => undefined;
    let reject: (error: unknown) => void = () => undefined;
    const ended = new Promise<void>((done, failed) => {
      resolve = done;
      reject = failed;
    });
    // Looked at by its page, later than it may fail.
    ended.catch(() => undefined);
    if (this.#dropped !== null) {
      reject(this.#dropped.error);
      return ended;
    }
    this.#waiting.set(hand.mark, { hand, neededMark, ended, resolve, reject });
    this.#waitingFor.set(neededMark, (this.#waitingFor.get(neededMark) ?? new Set<string>()).add(hand.mark));
    return ended;
  }

  waits(mark: string): boolean {
    return this.#waiting.has(mark);
  }

  /** An item has ended: with a copy that stands, or without one. What waited for it goes on, all of it together. */
  ended(mark: string, dest: DestRef | null): void {
    const scheduled = this.#met.length + this.#hopeless.length > 0;
    for (const own of [...(this.#waitingFor.get(mark) ?? [])]) {
      const entry = this.#take(own);
      if (entry === null) continue;
      entry.hand.needed = dest;
      this.#underWay.set(own, entry.ended);
      (dest === null ? this.#hopeless : this.#met).push(entry);
    }
    if (!scheduled && this.#met.length + this.#hopeless.length > 0) this.#track(new Promise((turn) => setImmediate(turn)).then(() => this.#run()));
  }

  /** Lets go of an item that waits, unsettled: a later word on it came, or there is no room. Null when it does not wait. */
  letGo(mark: string): Held | null {
    return this.#take(mark);
  }

  /** The work on an item that waited and waits no longer. */
  underWay(mark: string): Promise<void> | undefined {
    return this.#underWay.get(mark);
  }

  /** Call when everything else has ended: resolves when all that wait have, those whose need will not be met as well. */
  async conclude(): Promise<void> {
    for (;;) {
      while (this.#running.size > 0) await Promise.all(this.#running);
      if (this.#waiting.size === 0) return;
      // What waits for one that waits itself is told by that one's end; a ring of them has no end of its own.
      const marks = [...this.#waitingFor.keys()];
      const ends = marks.filter((mark) => !this.#waiting.has(mark));
      for (const mark of ends.length > 0 ? ends : marks) this.ended(mark, null);
    }
  }

  /** The listing breaks off: nothing that waits goes on, and nothing can be held until the next one begins. */
  drop(error: unknown): void {
    this.#dropped ??= { error };
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#waitingFor.clear();
  }

  #take(mark: string): Entry | null {
    const entry = this.#waiting.get(mark) ?? null;
    if (entry === null) return null;
    this.#waiting.delete(mark);
    const others = this.#waitingFor.get(entry.neededMark);
    others?.delete(mark);
    if (others?.size === 0) this.#waitingFor.delete(entry.neededMark);
    return entry;
  }

  #run(): Promise<unknown> {
    const met = this.#met;
    const hopeless = this.#hopeless;
    this.#met = [];
    this.#hopeless = [];
    return Promise.all([this.#bring(met, (hands) => this.work.write(hands)), this.#bring(hopeless, (hands) => this.work.fail(hands))]);
  }

  async #bring(entries: readonly Entry[], work: (hands: Hand[]) => Promise<void>): Promise<void> {
    if (entries.length === 0) return;
    try {
      await work(entries.map(({ hand }) => hand));
      for (const { resolve } of entries) resolve();
    } catch (error) {
      for (const { reject } of entries) reject(error);
      this.drop(error);
    } finally {
      for (const { hand, ended } of entries) if (this.#underWay.get(hand.mark) === ended) this.#underWay.delete(hand.mark);
    }
  }

  #track(work: Promise<unknown>): void {
    const tracked: Promise<void> = work.then(() => {
      this.#running.delete(tracked);
    });
    this.#running.add(tracked);
  }
}
