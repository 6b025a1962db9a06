/** One claim of one unit, from opening both ends to a result. Generic over workloads. */
import type { UnitCounters } from '@migrator/contracts/events';
import { AppError } from '@migrator/contracts/errors';
import type { UnitFailure } from '@migrator/contracts/outcomes';
import { isDatabaseAway } from '@migrator/service-kit/database-away';
import { UnitError, type UnitPorts, type UnitScope, type Workload } from '../workloads/workload.js';
import { Budget } from './budget.js';
import { Counters } from './counters.js';
import type { EngineMode } from './decide.js';
import { itemFilter } from './filters.js';
import { Stopped, type Halt } from './halt.js';
import { LedgerWriter } from './ledger-writer.js';
import { MatchLocks } from './match-locks.js';
import type { PassObserver } from './pass-context.js';
import { runPass } from './run-pass.js';
import { ClaimLost, type UnitLedger } from './unit-ledger.js';

export interface UnitRun {
  unitId: string;
  passId: string;
  mode: EngineMode;
  scope: UnitScope;
  workload: Workload;
  ports: UnitPorts;
  ledger: UnitLedger;
  halt: Halt;
  observer: PassObserver;
  /** Bytes under way, of all units of this process. */
  bytes: Budget;
  /** False when the lease has run out by our own clock. */
  holds: () => boolean;
}

export interface UnitFailureDetail {
  code: UnitFailure;
  side: 'source' | 'dest' | null;
  graphCode: string | null;
  requestId: string | null;
}

/**
 * `done`: the pass is complete. `released`: stopped in order. `retry`: a transient failure of the whole unit. `failed`: it cannot go
 * on. `lost`: the claim is somebody else's; nothing may be written or reported any more. `unexpected` is what was thrown when the
 * program itself failed, for the service's log.
 */
export interface UnitEnd {
  result: 'done' | 'released' | 'retry' | 'failed' | 'lost';
  counters: UnitCounters;
  failure: UnitFailureDetail | null;
  unexpected: unknown;
}

/** Items listed and not settled, per unit: some pages ahead, never a folder. */
const itemsInHandMax = 4_000;

/** Runs a pass over the unit. Never throws. */
export async function runUnit({ unitId, passId, mode, scope, workload, ports, ledger, halt, observer, bytes, holds }: UnitRun): Promise<UnitEnd> {
  const counters = new Counters(ledger.counters);
  const writer = new LedgerWriter(ledger, (change) => {
    counters.stored(change);
    if (change.reports.length > 0) observer.reports();
    observer.counters(counters.now);
  });
  try {
    const session = await workload.open(scope, ports, halt.soft);
    await runPass({
      unitId,
      passId,
      mode,
      dryRun: scope.dryRun,
      deletions: scope.deletions,
      can: workload.can,
      session,
      ledger,
      writer,
      counters,
      filter: itemFilter(scope.filters),
      halt,
      observer,
      lanes: new Budget(workload.can.lanes),
      items: new Budget(itemsInHandMax),
      bytes,
      locks: new MatchLocks(),
      adopted: new Set(),
      unfinished: new Set(),
      holds,
    });
    return { result: 'done', counters: counters.now, failure: null, unexpected: null };
  } catch (thrown) {
    // What was thrown last may only be an echo of what stopped the unit first.
    return unitEndOf(halt.reason ?? thrown, counters.now);
  } finally {
    halt.end();
  }
}

/** What an error means for the unit. */
export function unitEndOf(error: unknown, counters: UnitCounters): UnitEnd {
  if (error instanceof ClaimLost) return { result: 'lost', counters, failure: null, unexpected: null };
  if (error instanceof Stopped) return { result: 'released', counters, failure: null, unexpected: null };
  if (error instanceof UnitError) {
    const failure = { code: error.code, side: error.side, graphCode: error.graph.code, requestId: error.graph.requestId };
    return { result: error.transient ? 'retry' : 'failed', counters, failure, unexpected: error.code === 'INTERNAL' ? error : null };
  }
  const away = isDatabaseAway(error) || (error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE');
  return { result: away ? 'retry' : 'failed', counters, failure: { code: 'INTERNAL', side: null, graphCode: null, requestId: null }, unexpected: error };
}
