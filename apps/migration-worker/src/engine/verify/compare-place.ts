/** Compares one place that has been read and paired, and tells what it found, a few hundred findings at a time. */
import type { Difference, VerificationEvent, VerifiedCounts } from '@migrator/contracts/events';
import { hash } from 'node:crypto';
import { compareGroup, type Verdict } from './compare-group.js';
import type { Explainer, Explained, KnownContainer } from './explain.js';
import type { FieldHashes } from './field-hashes.js';
import type { Place } from './places.js';
import type { VerifyStore } from './verify-store.js';

export interface ComparePlace {
  readonly store: VerifyStore;
  readonly explainer: Explainer;
  readonly hashes: FieldHashes;
  readonly placeFields: ReadonlySet<string>;
  readonly unitId: string;
  readonly place: Place;
  /** What the ledger knows of the container; asked only about findings. */
  readonly known: KnownContainer | null;
  /** Path of a place, for people. */
  pathOf(place: string): string | null;
  tell(event: VerificationEvent): Promise<void>;
  readonly signal: AbortSignal;
}

/** Verdicts that are explained and told at once; as many differences as one report takes. */
const chunkMax = 200;

export const noCounts = (): Record<keyof VerifiedCounts, number> => ({ sourceItems: 0, sourceBytes: 0, destItems: 0, destBytes: 0, ownItems: 0, leftOut: 0, matched: 0, missing: 0, extra: 0, differs: 0, notComparable: 0 });

/** Resolves with the counts when everything found has been told. */
export async function comparePlace(options: ComparePlace): Promise<VerifiedCounts> {
  const { store, hashes, placeFields, place, signal, tell } = options;
  const counts = noCounts();
  let open: Verdict[] = [];
  const settle = async (): Promise<void> => {
    const differences = await differencesOf(options, open, counts);
    open = [];
    if (differences.length > 0) await tell({ kind: 'differences', differences });
    signal.throwIfAborted();
  };
  for await (const group of store.groups(place.place)) {
    for (const { bytes } of group.destItems) {
      counts.destItems += 1;
      counts.destBytes += bytes;
    }
    for (const verdict of compareGroup(group, hashes, placeFields)) {
      if (verdict.is === 'left_out') counts.leftOut += 1;
      else if (verdict.is !== 'unknown' && verdict.is !== 'doubled') {
        counts.sourceItems += 1;
        counts.sourceBytes += verdict.source.bytes;
      }
      if (verdict.is === 'matched' || verdict.is === 'not_comparable') counts.matched += 1;
      if (verdict.is === 'matched' || verdict.is === 'left_out') continue;
      open.push(verdict);
      if (open.length >= chunkMax) await settle();
    }
  }
  if (open.length > 0) await settle();
  return counts;
}

async function differencesOf({ explainer, unitId, place, known, pathOf }: ComparePlace, verdicts: readonly Verdict[], counts: Record<keyof VerifiedCounts, number>): Promise<Difference[]> {
  const explained = await explainer.explain(place.place, known, verdicts);
  return verdicts.flatMap((verdict, index) => {
    const why = explained[index] ?? null;
    if (verdict.is === 'unknown' && why === null) counts.ownItems += 1;
    if (verdict.is === 'differs' && why === null) counts.matched += 1;
    if (why === null) return [];
    if (verdict.is === 'missing') counts.missing += 1;
    if (verdict.is === 'differs') counts.differs += 1;
    if (verdict.is === 'not_comparable') counts.notComparable += 1;
    if (verdict.is === 'doubled' || verdict.is === 'unknown') counts.extra += 1;
    return [describe(unitId, place, verdict, why, pathOf)];
  });
}

function describe(unitId: string, { place, container }: Place, verdict: Verdict, { code, because, foundIn }: Explained, pathOf: ComparePlace['pathOf']): Difference {
  const source = 'source' in verdict && verdict.is !== 'doubled' ? verdict.source : null;
  const dest = 'dest' in verdict ? verdict.dest : null;
  return {
    key: differenceKey(unitId, place, code, source?.id ?? '', dest?.id ?? ''),
    code,
    because,
    container: container.path,
    kind: (source ?? dest)?.kind ?? '',
    fields: 'fields' in verdict ? [...verdict.fields] : [],
    sourceItemId: source?.id ?? null,
    destItemId: dest?.id ?? null,
    foundIn: foundIn === null ? null : pathOf(foundIn),
  };
}

export const differenceKey = (...parts: string[]): string => hash('sha256', parts.join('\0'), 'hex').slice(0, 32);
