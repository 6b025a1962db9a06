/**
 * A unit's counters as people see them. What is stored is per container; the total adds what a container that is not yet listed to
 * its end says it holds. Consistent at every moment (done + error + skipped <= total) and exact once every container is complete.
 */
import type { UnitCounters } from '@migrator/contracts/events';
import type { ContainerCounts, LedgerChange } from './unit-ledger.js';

interface ContainerTotal {
  done: number;
  error: number;
  skipped: number;
  bytes: number;
  /** What the source said the container holds; 0 when it should not count on it (listed before, or to its end). */
  expected: number;
  /** Items in hand that this unit has not counted yet. */
  inHand: number;
}

const totalOf = (c: ContainerTotal): number => Math.max(c.expected, c.done + c.error + c.skipped + c.inHand);

export class Counters {
  readonly #containers = new Map<number, ContainerTotal>();
  readonly #sum: { total: number; done: number; error: number; skipped: number; bytes: number };

  /** `stored`: the unit's counters over all its containers as the ledger has them. */
  constructor(stored: UnitCounters) {
    this.#sum = { ...stored, total: stored.done + stored.error + stored.skipped };
  }

  get now(): UnitCounters {
    return { ...this.#sum };
  }

  /** Begins a container whose stored counts are part of the sum already. */
  begin(containerNo: number, counts: ContainerCounts, expected: number): void {
    const { done, error, skipped, bytes } = counts;
    const container = { done, error, skipped, bytes, expected, inHand: 0 };
    this.#containers.set(containerNo, container);
    this.#sum.total += totalOf(container) - (done + error + skipped);
  }

  /** Items taken in hand that are not counted yet; storing their outcome lets go of them. */
  hold(containerNo: number, items: number): void {
    this.#change(containerNo, (container) => {
      container.inHand += items;
    });
  }

  /** The listing broke off: what was in hand and has no outcome is let go of. */
  dropped(containerNo: number): void {
    this.#change(containerNo, (container) => {
      container.inHand = 0;
    });
  }

  /** The container has been listed to its end and everything of it is stored. */
  complete(containerNo: number): void {
    this.#change(containerNo, (container) => {
      container.expected = 0;
      container.inHand = 0;
    });
  }

  stored({ tallies }: LedgerChange): void {
    for (const tally of tallies) {
      this.#change(tally.containerNo, (container) => {
        container.done += tally.done;
        container.error += tally.error;
        container.skipped += tally.skipped;
        container.bytes += tally.bytes;
        // A change of outcome (an error that became done) adds up to nothing here: it was counted before.
        container.inHand = Math.max(0, container.inHand - Math.max(0, tally.done + tally.error + tally.skipped));
      });
      this.#sum.done += tally.done;
      this.#sum.error += tally.error;
      this.#sum.skipped += tally.skipped;
      this.#sum.bytes += tally.bytes;
    }
  }

  #change(containerNo: number, change: (container: ContainerTotal) => void): void {
    const container = this.#containers.get(containerNo);
    if (container === undefined) throw new Error('a container was counted before it was begun');
    const before = totalOf(container);
    change(container);
    this.#sum.total += totalOf(container) - before;
  }
}
