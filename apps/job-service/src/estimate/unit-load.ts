/** What a unit still asks of Graph, in steps (load-profile.ts). Pure. */
import type { LoadProfile, PassKind } from './load-profile.js';
import { scale, type Range } from './range.js';

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
  /** Requests and bytes that the destination still has to take. */
  readonly requests: Range;
  readonly bytes: Range;
  /** Microsoft's resource units at each end. */
  readonly units: { readonly source: Range; readonly dest: Range };
  /** The same over the whole pass: whether a window can be reached at all. */
  readonly allRequests: number;
  readonly allBytes: number;
}

const mib = 1024 * 1024;
/** Of these so much may be left once the folders are known: counterparts of folders that come late, rules. */
const shareLeftWhenBegun = 0.2;

/** How far the usage report may be off: it is up to three days old and counts what is not copied (recoverable items). */
const reportShare: Range = { low: 0.8, high: 1.1 };
const reportSlackItems = 20;
/** Of a mailbox that a pass has read already, this much may be new or changed. */
const changedShare = 0.05;
const changedSlackItems = 200;

/** What is left to do for a unit in a pass. Null when nothing is known of its size. */
export function loadOf(profile: LoadProfile, kind: PassKind, facts: UnitFacts): UnitLoad | null {
  const { onTheWire, stepsShare } = profile;
  const items = itemsLeft(profile, kind, facts);
  if (items === null) return null;
  const perUnit = profile.stepsPerUnit[kind];
  const perItem = profile.stepsPerItem[kind];
  const begun = facts.begun && (kind === 'full' || kind === 'dry');
  const writes = kind === 'full' || kind === 'delta' || kind === 'retry';
  const bytes = writes ? bytesLeft(profile, items, facts) : { low: 0, high: 0 };
  const written = writes ? scale(items, profile.writesPerItem) : items;
  const listed = kind === 'retry' || kind === 'delta' ? { low: 0, high: (kind === 'retry' ? facts.total : 0) * profile.stepsPerItem.dry } : { low: 0, high: 0 };
  return {
    steps: {
      low: (begun ? 0 : perUnit.low) + written.low * perItem * stepsShare.low + bytes.low / mib + listed.low,
      high: perUnit.high * (begun ? shareLeftWhenBegun : 1) + written.high * perItem * stepsShare.high + bytes.high / mib + listed.high,
    },
    requests: writes ? written : { low: 0, high: 0 },
    bytes: { low: bytes.low * onTheWire, high: bytes.high * onTheWire },
    units: { source: scale(written, profile.unitsPerItem[kind].source), dest: scale(written, profile.unitsPerItem[kind].dest) },
    allRequests: writes ? written.high + (kind === 'full' ? facts.settled : 0) : 0,
    allBytes: (bytes.high + (kind === 'full' ? facts.moved : 0)) * onTheWire,
  };
}

/** The one number by which units are ordered, largest first, and jobs are weighed against each other: what a new unit is expected to take. */
export function expectedSteps(profile: LoadProfile, kind: 'full' | 'dry', found: Pick<UnitFacts, 'discoveredItems' | 'sizeBytes'>): number {
  const items = found.discoveredItems ?? 0;
  const bytes = kind === 'full' ? (found.sizeBytes ?? 0) : 0;
  return Math.round(profile.usualStepsPerUnit[kind] + items * profile.stepsPerItem[kind] + bytes / mib);
}

/** The same for a later pass over units that were read before, by their counters. */
export function laterSteps({ usualStepsPerUnit, stepsPerItem }: LoadProfile, mode: 'delta' | 'retry' | 'verify'): { unit: number; perItem: number; perError: number } {
  const unit = usualStepsPerUnit[mode];
  if (mode === 'retry') return { unit, perItem: 0, perError: stepsPerItem.retry };
  return { unit, perItem: mode === 'delta' ? (changedShare / 2) * stepsPerItem.delta : stepsPerItem.verify, perError: 0 };
}

/** Steps behind a pass, from what it counts: items, bytes and units that were begun where they show, the ended ones' expected steps elsewhere. */
export function stepsBehind(profile: LoadProfile, kind: PassKind, { items, bytes, begun, expected }: { items: number; bytes: number; begun: number; expected: number }): number {
  if (kind !== 'full' && kind !== 'dry') return expected;
  return items * profile.stepsPerItem[kind] + (kind === 'full' ? bytes / profile.onTheWire / mib : 0) + begun * profile.usualStepsPerUnit[kind];
}

function itemsLeft({ bytesPerItem }: LoadProfile, kind: PassKind, { total, settled, errors, discoveredItems, sizeBytes, partial }: UnitFacts): Range | null {
  switch (kind) {
    case 'full':
    case 'dry': {
      const left = Math.max(0, total - settled);
      // Folders say what they hold before they are listed; filters settle without writing.
      if (total > 0) return { low: kind === 'full' && partial ? 0 : left, high: left };
      if (discoveredItems === null) return sizeBytes === null || bytesPerItem === null ? null : { low: partial ? 0 : sizeBytes / bytesPerItem.high, high: sizeBytes / bytesPerItem.low + reportSlackItems };
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

/** Bytes follow the items that are left; without a report of the size an item weighs what such items weigh on average. */
function bytesLeft({ onTheWire, itemBytes }: LoadProfile, items: Range, { total, settled, moved, sizeBytes, discoveredItems }: UnitFacts): Range {
  // Where the items themselves are guessed from the size, the size is known better.
  if (discoveredItems === null && total === 0 && sizeBytes !== null) return { low: items.low === 0 ? 0 : sizeBytes * reportShare.low, high: sizeBytes * reportShare.high };
  const counted = discoveredItems ?? total;
  const reported = sizeBytes === null || counted === 0 ? null : sizeBytes / counted;
  const seen = settled > 200 ? moved / onTheWire / settled : null;
  const each = [reported, seen].filter((size) => size !== null);
  const low = each.length === 0 ? itemBytes.low : Math.min(...each);
  const high = each.length === 0 ? itemBytes.high : Math.max(...each);
  return { low: items.low * low * 0.8, high: items.high * high * 1.2 };
}
