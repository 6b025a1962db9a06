/** Compares what both sides of a place hold under one key. Pure: it knows neither ledger nor workload. */
import type { FieldHashes } from './field-hashes.js';
import { printFlags, type StoredPrint } from './verify-store.js';

export interface PrintGroup {
  readonly sourceItems: StoredPrint[];
  readonly sourceDetails: StoredPrint[];
  readonly destItems: StoredPrint[];
  readonly destDetails: StoredPrint[];
}

export type Verdict =
  | { readonly is: 'matched'; readonly source: StoredPrint; readonly dest: StoredPrint }
  | { readonly is: 'differs'; readonly source: StoredPrint; readonly dest: StoredPrint; readonly fields: readonly string[] }
  | { readonly is: 'not_comparable'; readonly source: StoredPrint; readonly dest: StoredPrint; readonly code: 'VERIFY_CONTENT_NOT_SHOWN' | 'VERIFY_SOURCE_UNREADABLE' | 'VERIFY_DEST_UNREADABLE' | 'VERIFY_OWNERS_CHOICE'; readonly fields: readonly string[] }
  | { readonly is: 'missing'; readonly source: StoredPrint }
  | { readonly is: 'left_out'; readonly source: StoredPrint }
  | { readonly is: 'doubled'; readonly dest: StoredPrint; readonly source: StoredPrint }
  /** Nothing at the source has its key: its owner's, or a copy whose original is gone. */
  | { readonly is: 'unknown'; readonly dest: StoredPrint };

interface Pair {
  readonly source: StoredPrint;
  readonly dest: StoredPrint;
  readonly fields: readonly string[];
}

const has = (print: StoredPrint, flag: number): boolean => (print.flags & flag) !== 0;

/**
 * One verdict for each item of either side. Items that share a key are paired so that as few as possible differ. `placeFields`: of
 * things that have one, whose names are their keys, what is left over is a copy too many only when there is something in it and it differs
 * in nothing else.
 */
export function* compareGroup(group: PrintGroup, hashes: FieldHashes, placeFields: ReadonlySet<string> = new Set()): Generator<Verdict> {
  const [first] = group.sourceItems;
  if (first === undefined) {
    for (const dest of group.destItems) yield { is: 'unknown', dest };
    return;
  }
  // What a filter leaves out may be at the destination all the same; it takes a copy only when nobody else needs it.
  const wanted = group.sourceItems.filter((print) => !has(print, printFlags.leftOut));
  const leftOut = group.sourceItems.filter((print) => has(print, printFlags.leftOut));
  const items = pair(wanted, group.destItems, hashes);
  const details = pair(group.sourceDetails, group.destDetails, hashes);
  for (const [index, { source, dest, fields }] of items.pairs.entries()) yield verdictOf(source, dest, fields, details.pairs[index], group);
  for (const source of items.source) yield { is: 'missing', source };
  for (const source of leftOut) yield { is: 'left_out', source };
  for (const dest of items.dest.slice(leftOut.length)) {
    const again = !hashes.hasAny(dest.fields, placeFields) || (dest.bytes > 0 && group.sourceItems.some((source) => differing(source, dest, hashes).every((field) => placeFields.has(field))));
    yield again ? { is: 'doubled', dest, source: first } : { is: 'unknown', dest };
  }
}

function verdictOf(source: StoredPrint, dest: StoredPrint, listed: readonly string[], detail: Pair | undefined, group: PrintGroup): Verdict {
  if (has(source, printFlags.ownersChoice) && listed.length > 0) return { is: 'not_comparable', source, dest, code: 'VERIFY_OWNERS_CHOICE', fields: listed };
  const expected = has(source, printFlags.detailed);
  const hidden = has(source, printFlags.hidden);
  // What shows itself in full is compared in full; what the listing says besides is the same in other words.
  const fields = detail === undefined ? listed : detail.fields;
  if (fields.length > 0) return { is: 'differs', source, dest, fields };
  if (detail !== undefined || (!expected && !hidden)) return { is: 'matched', source, dest };
  const code = hidden ? 'VERIFY_CONTENT_NOT_SHOWN' : group.sourceDetails.length === 0 ? 'VERIFY_SOURCE_UNREADABLE' : 'VERIFY_DEST_UNREADABLE';
  return { is: 'not_comparable', source, dest, code, fields: [] };
}

/** Equal ones first, then those that differ least; what is left of either side comes back. Pairs come with the equal ones first. */
function pair(sources: readonly StoredPrint[], dests: readonly StoredPrint[], hashes: FieldHashes): { pairs: Pair[]; source: StoredPrint[]; dest: StoredPrint[] } {
  const open = [...dests];
  const pairs: Pair[] = [];
  const waiting: StoredPrint[] = [];
  for (const source of sources) {
    const at = open.findIndex((dest) => differing(source, dest, hashes).length === 0);
    const [dest] = at < 0 ? [] : open.splice(at, 1);
    if (dest === undefined) waiting.push(source);
    else pairs.push({ source, dest, fields: [] });
  }
  const left: StoredPrint[] = [];
  for (const source of waiting) {
    const differences = open.map((dest) => differing(source, dest, hashes));
    const fewest = differences.reduce((best, each, at) => (each.length < (differences[best]?.length ?? Infinity) ? at : best), 0);
    const [dest] = open.splice(fewest, 1);
    if (dest === undefined) left.push(source);
    else pairs.push({ source, dest, fields: differences[fewest] ?? [] });
  }
  return { pairs, source: left, dest: open };
}

const differing = (source: StoredPrint, dest: StoredPrint, hashes: FieldHashes): string[] => (has(dest, printFlags.lesserWay) ? hashes.differing(source.lesser, dest.lesser) : hashes.differing(source.fields, dest.fields));
