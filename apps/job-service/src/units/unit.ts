/** A unit's states and what becomes of it when a claim ends. Pure. */
import type { UnitStatus } from '@migrator/contracts/api/jobs';
import type { UnitCounters } from '@migrator/contracts/events';
import { explain, type SkipCause, type UnitFailure } from '@migrator/contracts/outcomes';
import type { JobStatus } from '@migrator/contracts/api/jobs';
import type { Failure } from '../jobs/job.js';

/** States as stored; PAUSED is only how a begun, waiting unit of a paused job is shown. */
export type StoredUnitStatus = Exclude<UnitStatus, 'PAUSED'>;

/** The state people see. */
export function shownStatus(stored: StoredUnitStatus, begun: boolean, job: JobStatus): UnitStatus {
  return stored === 'PENDING' && begun && job === 'PAUSED' ? 'PAUSED' : stored;
}

/** What is stored about a failure: codes only; the words come from the catalogue. */
export interface UnitFailureDetail {
  code: UnitFailure | SkipCause;
  /** What the last of several attempts met. */
  last?: UnitFailure;
  graphCode: string | null;
  requestId: string | null;
  side: 'source' | 'dest' | null;
}

/** The words for a stored failure. */
export function describeFailure({ code, last, graphCode, requestId, side }: UnitFailureDetail): Failure {
  const { cause: first, remedy } = explain(code);
  const cause = last === undefined ? first : `${first} The last attempt: ${explain(last).cause}`;
  const said = [side === null ? null : `at the ${side === 'dest' ? 'destination' : 'source'}`, graphCode === null ? null : `Graph said ${graphCode}`, requestId === null ? null : `request ${requestId}`].filter((part) => part !== null);
  return { code, cause: said.length === 0 ? cause : `${cause} (${said.join(', ')})`, remedy };
}

/** Attempts in a row without any progress after which a unit is given up. */
export const retriesMax = 10;
/**
 * Claims in a row that ended in silence (a worker killed) without any progress, after which a unit is set aside: it may be what kills
 * them. One that shares a worker with such a unit makes progress and counts anew.
 */
export const expiriesMax = 6;
/** So many silences may be bad luck; from the next one on the unit waits, so that it takes workers down ever more rarely. */
const expiriesAtOnce = 2;

/** How long a unit waits before attempt `retries + 1`: 2 s, doubled each time, at most 5 min. */
export function retryDelayMs(retries: number): number {
  return Math.min(300_000, 2_000 * 2 ** Math.min(retries - 1, 16));
}

/** How long a unit waits after its last `expiries` claims ended in silence: not at all, then 5 s, doubled each time, at most 5 min. */
export function expiryDelayMs(expiries: number): number {
  return expiries <= expiriesAtOnce ? 0 : Math.min(300_000, 5_000 * 2 ** (expiries - expiriesAtOnce - 1));
}

/** Counters that cannot contradict themselves, whatever a worker says. */
export function soundCounters(counters: UnitCounters): UnitCounters {
  return { ...counters, total: Math.max(counters.total, counters.done + counters.error + counters.skipped) };
}

/** Items with an outcome. */
export const settled = ({ done, error, skipped }: UnitCounters): number => done + error + skipped;
