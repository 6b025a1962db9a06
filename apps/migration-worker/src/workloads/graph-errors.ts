/** What failed requests mean when they are not about one item, for every workload. */
import { GraphRequestError, type GraphErrorKind } from '@migrator/graph-client';
import type { UnitFailure } from '@migrator/contracts/outcomes';
import { UnitError, type Side } from './workload.js';

export type { Side } from './workload.js';

/** What Graph said, for the report. */
export interface GraphWords {
  readonly graphCode: string | null;
  readonly requestId: string | null;
}
export const noWords: GraphWords = { graphCode: null, requestId: null };

interface UnitVerdict {
  readonly code: UnitFailure | 'missing' | 'full' | 'again';
  readonly transient: boolean;
}
const unitVerdicts: Record<GraphErrorKind, UnitVerdict> = {
  throttled: { code: 'SERVICE_UNREACHABLE', transient: true },
  unavailable: { code: 'SERVICE_UNREACHABLE', transient: true },
  in_doubt: { code: 'SERVICE_UNREACHABLE', transient: true },
  unauthorised: { code: 'ACCESS_LOST', transient: false },
  forbidden: { code: 'ACCESS_DENIED', transient: false },
  not_found: { code: 'missing', transient: false },
  conflict: { code: 'INTERNAL', transient: false },
  gone: { code: 'INTERNAL', transient: true },
  precondition: { code: 'INTERNAL', transient: false },
  too_large: { code: 'INTERNAL', transient: false },
  bad_request: { code: 'INTERNAL', transient: false },
  quota: { code: 'full', transient: false },
  corrupt: { code: 'INTERNAL', transient: false },
  locked: { code: 'ACCESS_DENIED', transient: false },
  cancelled: { code: 'again', transient: true },
};

/** What a failed request means when it is not about an item. A cancelled request and anything that is no request stay as they are. */
export function unitErrorOf(error: unknown, side: Side): unknown {
  if (!(error instanceof GraphRequestError)) return error;
  const verdict = unitVerdicts[error.kind];
  if (verdict.code === 'again') return error;
  const code: UnitFailure = verdict.code === 'missing' ? (side === 'source' ? 'SOURCE_MISSING' : 'DEST_MISSING') : verdict.code === 'full' ? (side === 'source' ? 'INTERNAL' : 'DEST_FULL') : verdict.code;
  return new UnitError(code, side, verdict.transient, { code: error.graphCode, requestId: error.requestId }, { cause: error });
}

/** Runs `work`; a failed request in it ends the unit. */
export async function orEndUnit<T>(side: Side, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unitErrorOf(error, side);
  }
}

/** What a log may show of a fault. Messages are left out: a parser's message quotes what it parsed, which may be content. */
export function faultOf(error: unknown): { name: string; frames: string } {
  if (!(error instanceof Error)) return { name: typeof error, frames: '' };
  return { name: error.name, frames: (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 8).join('\n') };
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
