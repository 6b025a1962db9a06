/** What a pass needs of the ledger: the real one (ledger.ts), or the one of a dry run that reads and never writes. */
import type { ItemReport, UnitCounters } from '@migrator/contracts/events';
import type { NewLinks } from '@migrator/contracts/links';
import type { Container, DestRef } from '../workloads/workload.js';
import type { DepartureLedger } from './departure-ledger.js';
import type { CountedAs, ItemState } from './outcome-codes.js';
import type { UnfinishedLedger } from './unfinished-ledger.js';

/** A container as a unit finds it at the beginning of a pass. */
export interface ContainerEntry {
  readonly containerNo: number;
  /** Hash of the container on its route; marks of its items derive from it. */
  readonly key: string;
  /** The counterpart, and the source path for which it was made sure of; null when never. */
  readonly destId: string | null;
  readonly ensuredPath: string | null;
  /** Where this pass's listing stands; null at its beginning. */
  readonly checkpoint: string | null;
  /** This pass has listed the container to its end. */
  readonly complete: boolean;
  /** Some pass has. */
  readonly listed: boolean;
  readonly deltaToken: string | null;
  readonly counts: ContainerCounts;
}

export interface ContainerCounts {
  readonly done: number;
  readonly error: number;
  readonly skipped: number;
  readonly bytes: number;
}

export interface LedgerRow {
  readonly state: ItemState;
  readonly code: number;
  readonly versionHash: string;
  readonly dest: DestRef | null;
  /** How this unit has counted the item. */
  readonly counted: CountedAs;
  /** False when another unit met the item first: this unit's count then stands in `recounts`. */
  readonly own: boolean;
  /** The item's match hash when its copy was last written, or claimed while there was none; as the ledger keeps it: only its last 40 bits are the item's (see matchBits). */
  readonly matchHash: string;
}

export interface ItemIdentity {
  readonly containerNo: number;
  readonly mark: string;
  readonly matchHash: string;
  readonly versionHash: string;
}

export interface RecordedOutcome extends ItemIdentity {
  readonly state: ItemState;
  readonly code: number;
  readonly dest: DestRef | null;
  readonly bytes: number;
  readonly counted: CountedAs;
  readonly own: boolean;
}

/** A unit counts an item whose row stays as it is. */
export interface CountedItem {
  readonly containerNo: number;
  readonly mark: string;
  readonly counted: CountedAs;
  readonly own: boolean;
}

export interface ListingProgress {
  readonly containerNo: number;
  readonly checkpoint: string | null;
  readonly complete: boolean;
  readonly listed: boolean;
  readonly deltaToken: string | null;
}

/** A report with what is sealed before it is stored. `links`: null when there are none any more. */
export type LedgerReport = Omit<ItemReport, 'sealedLinks'> & { readonly links?: NewLinks | null };

/** What one transaction stores. */
export interface LedgerChange {
  readonly claims: readonly ItemIdentity[];
  readonly outcomes: readonly RecordedOutcome[];
  readonly counts: readonly CountedItem[];
  /** Differences to a container's counters in this unit. */
  readonly tallies: readonly { containerNo: number; done: number; error: number; skipped: number; bytes: number; removed: number }[];
  readonly listings: readonly ListingProgress[];
  readonly dests: readonly { containerNo: number; destId: string; path: string }[];
  readonly reports: readonly LedgerReport[];
}

export const noChange: LedgerChange = { claims: [], outcomes: [], counts: [], tallies: [], listings: [], dests: [], reports: [] };

/** The claim belongs to somebody else now: stop at once, write nothing, anywhere. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

export interface UnitLedger {
  /** Counters over all containers the unit ever counted in. */
  readonly counters: UnitCounters;
  /** True once a pass of the unit has listed every container to its end. */
  readonly swept: boolean;
  /** Notes on transfers that were begun. */
  readonly unfinished: UnfinishedLedger;
  /** Items that have left their containers. */
  readonly departures: DepartureLedger;
  /** Makes the containers known for this pass; entries come in the order of the containers. */
  register(passId: string, containers: readonly Container[]): Promise<ContainerEntry[]>;
  /** Rows by mark. */
  lookup(entry: ContainerEntry, marks: readonly string[]): Promise<Map<string, LedgerRow>>;
  /** Marks that a retry has to look at, or null when there are more than `max`. */
  pending(entry: ContainerEntry, max: number): Promise<Set<string> | null>;
  /** Which of these ids (unique within the destination: one drive, one site) some row names already, of whatever source and job. */
  named(candidates: readonly { matchHash: string; destId: string }[]): Promise<Set<string>>;
  /** As `named`, whatever its item was called when it was written. Reads all that was written to the destination: for the few that nothing else tells apart. */
  copiesAmong(destIds: readonly string[]): Promise<Set<string>>;
  /** Stores everything or nothing. Throws ClaimLost when the claim is not ours any more. */
  commit(change: LedgerChange): Promise<void>;
  /** Notes that every container has been listed to its end. */
  markSwept(): Promise<void>;
  /** The oldest reports that are still to be published. */
  reports(max: number): Promise<{ no: number; report: ItemReport }[]>;
  dropReports(upTo: number): Promise<void>;
  /** Extends the hold on the destination; false when it is lost. */
  renew(leaseSeconds: number): Promise<boolean>;
  /** Lets others have the destination. Safe to repeat. */
  release(): Promise<void>;
}
