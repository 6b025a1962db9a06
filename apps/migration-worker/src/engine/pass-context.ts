/** What the parts of one pass over one unit share. */
import type { UnitCounters } from '@migrator/contracts/events';
import type { LogLevel } from '@migrator/contracts/api/logs';
import type { Page, SourceItem, UnitSession, Workload } from '../workloads/workload.js';
import type { Budget } from './budget.js';
import type { ContainerRun } from './container-run.js';
import type { Counters } from './counters.js';
import type { EngineMode } from './decide.js';
import type { Deletions } from './departures.js';
import type { ItemFilter } from './filters.js';
import type { Halt } from './halt.js';
import type { LedgerWriter } from './ledger-writer.js';
import type { MatchLocks } from './match-locks.js';
import type { LedgerRow, UnitLedger } from './unit-ledger.js';
import type { DestRef } from '../workloads/workload.js';

/** Who wants to know how a pass goes. Must not throw and must not wait. */
export interface PassObserver {
  /** After each stored change. */
  counters(now: UnitCounters): void;
  /** Reports of items are stored and wait to be published. */
  reports(): void;
  /** A sentence for the job's log. */
  note(level: LogLevel, sentence: string): void;
  /** Items and bytes that were really written. */
  written(items: number, bytes: number): void;
}

export interface PassContext {
  readonly unitId: string;
  readonly passId: string;
  readonly mode: EngineMode;
  readonly dryRun: boolean;
  readonly deletions: Deletions;
  readonly can: Workload['can'];
  readonly session: UnitSession;
  readonly ledger: UnitLedger;
  readonly writer: LedgerWriter;
  readonly counters: Counters;
  readonly filter: ItemFilter;
  readonly halt: Halt;
  readonly observer: PassObserver;
  /** `transfer` calls in flight. */
  readonly lanes: Budget;
  /** Items listed and not yet settled, of this unit. */
  readonly items: Budget;
  /** Bytes under way, of all units of this process. */
  readonly bytes: Budget;
  readonly locks: MatchLocks;
  /** Destination ids that in-doubt items of this run took for theirs. */
  readonly adopted: Set<string>;
  /** Paths of containers whose listing does not end: they are left, and the unit fails once everything else is done. */
  readonly unfinished: Set<string>;
  /** False when the lease has run out by our own clock: others may be at work here. */
  holds(): boolean;
}

/** Whether a pass looks at what leaves this container. A retry of a listed one does not: what left since the last listing belongs to the next delta pass. */
export const followsMoves = ({ session, mode, dryRun }: PassContext, { container, entry }: Pick<ContainerRun, 'container' | 'entry'>): boolean =>
  session.following !== undefined && !(mode === 'retry' && entry.listed) && !dryRun && container.stays !== true;

/** An item to be written. */
export interface Hand {
  readonly item: SourceItem;
  readonly mark: string;
  readonly matchHash: string;
  readonly versionHash: string;
  /** Mark of the item whose copy it needs, and that copy once it stands. */
  readonly neededMark: string | null;
  needed: DestRef | null;
  /** The copies of the items of other containers that it refers to; absent when it refers to none. */
  referred?: readonly DestRef[];
  /** What the ledger knows of it. */
  row: LedgerRow | null;
  /** The version whose write is in doubt: not the listed one when the item changed at the source since. */
  claimedVersion: string;
  /** The copy of an earlier version. */
  existing: DestRef | null;
  /** A write of it may have happened without our knowing. */
  doubt: boolean;
  /** What the last attempt left for the next one. */
  note: string | null;
  /** It was in doubt at some time: a late write may still arrive, so a failure leaves the claim for the next pass to look again. */
  wasInDoubt: boolean;
}

export type { Page };
