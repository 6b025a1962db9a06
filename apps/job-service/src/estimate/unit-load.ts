/**
 * What a unit still asks of Graph. Pure.
 *
 * The measure is the *step*: one request of a mailbox that keeps all its allowed requests (4) in flight. A request that nothing runs
 * beside (opening the mailbox, its settings, the next page of a listing) keeps the other three places empty and counts as four steps.
 * A pace in milliseconds per step then says how long a unit takes, and can be learnt from any other unit, whatever its mix.
 *
 * - Writing an item is one import at the destination; its export shares a request with up to 19 others, its listing one with up to
 *   249. Each MiB of it counts as one step more.
 * - A mailbox costs some forty requests whatever it holds: both ends, folders and their counterparts, settings, rules.
 * - Apart from the steps, two windows bound a mailbox from below: requests and uploaded bytes (mail-limits.ts).
 */
import type { Range } from './range.js';

/** What a pass does with an item; a dry run lists and writes nothing. */
export type PassKind = 'full' | 'dry' | 'delta' | 'retry' | 'verify';

export interface UnitFacts {
  /** As discovery found it; null when the usage report did not say. */
  readonly discoveredItems: number | null;
  readonly sizeBytes: number | null;
  /** The unit's counters. `total` is 0 until a worker has read the folders, or a dry run has. */
  readonly total: number;
  readonly settled: number;
  readonly errors: number;
  /** Bytes written so far. */
  readonly moved: number;
  /** A worker has read the folders and made their counterparts, for the most part. */
  readonly begun: boolean;
  /** A scope or filters leave parts of it out. */
  readonly partial: boolean;
}

export interface UnitLoad {
  readonly steps: Range;
  /** Requests and bytes that the destination mailbox still has to take. */
  readonly requests: Range;
  readonly bytes: Range;
  /** The same over the whole pass: whether a window can be reached at all. */
  readonly allRequests: number;
  readonly allBytes: number;
}

const exportTogether = 20;
const listTogether = 250;
const alone = 4;
const mib = 1024 * 1024;
/** The stream travels as base64. */
const onTheWire = 4 / 3;

/** Steps for one item, by what the pass does with it. */
export const stepsPerItem: Readonly<Record<PassKind, number>> = {
  full: 1 + 1 / exportTogether + alone / listTogether,
  retry: 1 + 1 / exportTogether,
  delta: 1 + 1 / exportTogether,
  dry: alone / listTogether,
  verify: 2 * (1 / exportTogether + alone / listTogether),
};
/** Steps of a mailbox with nothing in it: from one with a dozen folders and no rules to one with two hundred folders. */
const stepsPerUnit: Readonly<Record<PassKind, Range>> = {
  full: { low: 120, high: 600 },
  dry: { low: 60, high: 400 },
  delta: { low: 80, high: 400 },
  retry: { low: 40, high: 400 },
  verify: { low: 80, high: 500 },
};
/** What a mailbox of some thirty folders came to, measured on the simulator. */
const usualStepsPerUnit: Readonly<Record<PassKind, number>> = { full: 240, dry: 160, delta: 160, retry: 100, verify: 160 };
/** Of these so much may be left once the folders are known: counterparts of folders that come late, rules. */
const shareLeftWhenBegun = 0.2;

/** How far the usage report may be off: it is up to three days old and counts what is not copied (recoverable items). */
const reportShare: Range = { low: 0.8, high: 1.1 };
const reportSlackItems = 20;
/** Of a mailbox that a pass has read already, this much may be new or changed. */
const changedShare = 0.05;
const changedSlackItems = 200;

/** What is left to do for a unit in a pass. Null when nothing is known of its size. */
export function loadOf(kind: PassKind, facts: UnitFacts): UnitLoad | null {
  const items = itemsLeft(kind, facts);
  if (items === null) return null;
  const perUnit = stepsPerUnit[kind];
  const begun = facts.begun && (kind === 'full' || kind === 'dry');
  const writes = kind === 'full' || kind === 'delta' || kind === 'retry';
  const bytes = writes ? bytesLeft(items, facts) : { low: 0, high: 0 };
  const listed = kind === 'retry' || kind === 'delta' ? { low: 0, high: (kind === 'retry' ? facts.total : 0) * (alone / listTogether) } : { low: 0, high: 0 };
  return {
    steps: {
      low: (begun ? 0 : perUnit.low) + items.low * stepsPerItem[kind] + bytes.low / mib + listed.low,
      high: perUnit.high * (begun ? shareLeftWhenBegun : 1) + items.high * stepsPerItem[kind] + bytes.high / mib + listed.high,
    },
    requests: writes ? items : { low: 0, high: 0 },
    bytes: { low: bytes.low * onTheWire, high: bytes.high * onTheWire },
    allRequests: writes ? items.high + (kind === 'full' ? facts.settled : 0) : 0,
    allBytes: (bytes.high + (kind === 'full' ? facts.moved : 0)) * onTheWire,
  };
}

/** The one number by which units are ordered, largest first, and jobs are weighed against each other: what a new unit is expected to take. */
export function expectedSteps(kind: 'full' | 'dry', found: Pick<UnitFacts, 'discoveredItems' | 'sizeBytes'>): number {
  const items = found.discoveredItems ?? 0;
  const bytes = kind === 'full' ? (found.sizeBytes ?? 0) : 0;
  return Math.round(usualStepsPerUnit[kind] + items * stepsPerItem[kind] + bytes / mib);
}

/** The same for a later pass over units that were read before, by their counters. */
export const laterSteps: Readonly<Record<'delta' | 'retry' | 'verify', { readonly unit: number; readonly perItem: number; readonly perError: number }>> = {
  delta: { unit: usualStepsPerUnit.delta, perItem: (changedShare / 2) * stepsPerItem.delta, perError: 0 },
  retry: { unit: usualStepsPerUnit.retry, perItem: 0, perError: stepsPerItem.retry },
  verify: { unit: usualStepsPerUnit.verify, perItem: stepsPerItem.verify, perError: 0 },
};

/** Steps behind a pass, from what it counts: items, bytes and units that were begun where they show, the ended ones' expected steps elsewhere. */
export function stepsBehind(kind: PassKind, { items, bytes, begun, expected }: { items: number; bytes: number; begun: number; expected: number }): number {
  if (kind !== 'full' && kind !== 'dry') return expected;
  return items * stepsPerItem[kind] + (kind === 'full' ? bytes / onTheWire / mib : 0) + begun * usualStepsPerUnit[kind];
}

function itemsLeft(kind: PassKind, { total, settled, errors, discoveredItems, partial }: UnitFacts): Range | null {
  switch (kind) {
    case 'full':
    case 'dry': {
      const left = Math.max(0, total - settled);
      // Folders say what they hold before they are listed; filters settle without writing.
      if (total > 0) return { low: kind === 'full' && partial ? 0 : left, high: left };
      if (discoveredItems === null) return null;
      return { low: partial ? 0 : discoveredItems * reportShare.low, high: discoveredItems * reportShare.high + reportSlackItems };
    }
    case 'delta':
      return { low: 0, high: total * changedShare + changedSlackItems };
    case 'retry':
      return { low: 0, high: errors };
    case 'verify':
      return { low: total * 0.2, high: total };
  }
}

/** Bytes follow the items that are left; without a report of the size an item weighs what mail weighs on average. */
function bytesLeft(items: Range, { total, settled, moved, sizeBytes, discoveredItems }: UnitFacts): Range {
  const counted = discoveredItems ?? total;
  const reported = sizeBytes === null || counted === 0 ? null : sizeBytes / counted;
  const seen = settled > 200 ? moved / onTheWire / settled : null;
  const each = [reported, seen].filter((size) => size !== null);
  const low = each.length === 0 ? 10 * 1024 : Math.min(...each);
  const high = each.length === 0 ? 200 * 1024 : Math.max(...each);
  return { low: items.low * low * 0.8, high: items.high * high * 1.2 };
}
