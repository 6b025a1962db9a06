/**
 * What the engine knows of a workload. The engine never learns what a mailbox, a drive or a site is: a new workload is one
 * folder, one line in the registry and one call to the conformance suite. Workloads contain no loop over attempts and no sleep;
 * waiting belongs to the governor, deciding to the engine.
 */
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import type { Filters } from '@migrator/contracts/api/jobs';
import type { NewLinks } from '@migrator/contracts/links';
import type { ItemFailure, SkipCause, UnitFailure } from '@migrator/contracts/outcomes';
import type { IdentitiesAnswer } from '@migrator/contracts/internal';
import type { GraphPort } from '@migrator/graph-client';

/** What a workload can do and wants; asked, never inferred from its name. */
export interface Capabilities {
  /** Containers can list only what changed since a delta token. */
  readonly delta: boolean;
  /** Items in one `transfer` call, at most. */
  readonly batchItemsMax: number;
  /** Sum of item sizes in one `transfer` call, at most; a larger item travels alone. */
  readonly batchBytesMax: number;
  /** What `transfer` holds of one item in memory at most, however large the item is. Absent: all of it. */
  readonly heldBytesMax?: number;
  /** An item that moves keeps its key: that it moved is a change of it, and what left its container was deleted. */
  readonly keysStay?: boolean;
  /** `transfer` calls in flight at once for one unit. */
  readonly lanes: number;
  /** Names of the fields that verification compares, in an order that only ever grows at its end. */
  readonly verifiedFields: readonly string[];
  /** Those of them that say what an item is called and where it lies. A copy that is as it was written differs in them alone where a container above it, or a name that was taken, says why. */
  readonly placeFields?: readonly string[];
  /** Paths of POST requests that only read (such as exports): the only ones that the source's port lets through. */
  readonly readsByPost: readonly RegExp[];
}

/** Both ends of one unit. */
export interface UnitScope {
  readonly source: { microsoftId: string; address: string };
  readonly dest: { microsoftId: string; address: string };
  /** What the job copies, by the names of the workload's own scope. */
  readonly scope: Readonly<Record<string, boolean>>;
  readonly filters: Filters;
  readonly merge: boolean;
  /** Versions of each file at most, the newest ones, the current one counted; null: all of them. Says nothing where `scope` leaves versions out. */
  readonly versionsMax: number | null;
  /** Container of the destination below which everything is put, as people write its path; null: everything goes to its own place. */
  readonly destPrefix: string | null;
  /** Copies of items that are deleted at the source: `keep` leaves them, `apply` removes those that we made and nobody touched since. */
  readonly deletions: 'keep' | 'apply';
  /** True in a dry run: `destination` refuses every write, whatever the workload tries. */
  readonly dryRun: boolean;
}

/** Who the source's people and groups are at the destination, by the job's mapping. */
export interface People {
  /** By object id, or by address where the source gives no id. Whoever has no counterpart has none: nobody is guessed. */
  find(names: readonly string[]): Promise<ReadonlyMap<string, Identity>>;
}
export type Identity = IdentitiesAnswer['identities'][number];

export interface UnitPorts {
  readonly source: GraphPort;
  readonly destination: GraphPort;
  readonly people: People;
}

/** A folder, calendar, list ... of the source. */
export interface Container {
  /** Stable id at the source (not shown to people). */
  readonly key: string;
  /** Path for people, such as `Inbox/Projects`. */
  readonly path: string;
  /** The workload's own class of container. */
  readonly kind: string;
  /** Parent's key, or null at the top; parents are listed before their children. */
  readonly parentKey: string | null;
  /** How many items the source says it holds; null when unknown. Used for progress, and to begin with the largest; what is unknown is begun first. */
  readonly itemCount: number | null;
  /** True where copies stay whatever becomes of their items: what leaves such a container is not looked at. */
  readonly stays?: boolean;
  /** True for one that the job leaves out and that something it asks for lies below: it gets its counterpart when that needs one, and is not listed. */
  readonly structure?: boolean;
  /** Begun only when every other container is complete, because it refers to what they bring. */
  readonly afterOthers?: boolean;
  /** It has no delta: every listing of it is a whole one, whatever checkpoint it begins at, and shows by that what is not there any more. */
  readonly listsAll?: boolean;
  /** Keys of containers that are complete before this one is begun: its items refer to theirs. Never in a ring. */
  readonly after?: readonly string[];
  /** Its items say themselves where they lie (`SourceItem.path`): the job's filters look at that alone. */
  readonly placesItems?: boolean;
  /** The workload's own data; the engine passes it back untouched. */
  readonly ref: unknown;
}

/** Where a container's items go. `id` is stored in the ledger and must be enough to write there again later. */
export interface DestContainer {
  readonly id: string;
  /** False when a dry run only planned it. */
  readonly exists: boolean;
  /** A sentence for the job's log on what could not be done as the source has it. */
  readonly note?: string;
  /** Of a dry run: what it is called now, when its name or place is not the one that the source's asks for. */
  readonly nameNow?: string;
}

/** An item of any container of the unit, by the keys of both. */
export interface ItemAddress {
  readonly container: string;
  readonly key: string;
}

/** One thing to copy, as listed: no content. */
export interface SourceItem {
  /** Stable key of the item in its container at the source. */
  readonly key: string;
  /** Changes whenever the item changes (for Exchange: the change key). */
  readonly version: string;
  /** Size as the source states it, in bytes. */
  readonly sizeBytes: number;
  /** The item's class, such as `IPM.Note`. */
  readonly kind: string;
  /** When the item was created or received, for filters; null when the listing does not say. */
  readonly at: string | null;
  /** Survives the copy (for Exchange: PidTagSearchKey); null when the item has none. */
  readonly matchKey: string | null;
  /** Key of another item of the same container whose copy this one's needs, such as the one it lies in; transferred only when that copy stands. */
  readonly needs?: string | null;
  /** Items of other containers whose copies it names; their containers are ones that this one comes `after`. Without all these copies it fails. */
  readonly refersTo?: readonly ItemAddress[];
  /** Where it lies, for filters and reports, when its container's path does not say it. */
  readonly path?: string;
  /** Others may need it: it stays in when the filters ask for something below its path. */
  readonly carries?: boolean;
  /** Worth a look only where a pass before had a word on it: what could not be made then may be there now. */
  readonly onlyIfKnown?: true;
  /** Size that the filters look at, of what has no bytes of its own and stays or goes with another item. */
  readonly filterBytes?: number;
  readonly ref: unknown;
}

/** One page of a container's listing. `checkpoint` continues after this page; `complete` says it is a delta token for a later pass. */
export interface Page {
  readonly items: readonly SourceItem[];
  /** Keys of items that left the container since the last pass. */
  readonly removed: readonly string[];
  readonly checkpoint: string;
  readonly complete: boolean;
}

/** What the ledger keeps of the copy. */
export interface DestRef {
  readonly id: string;
  /** Version at the destination right after we wrote it; lets an update notice that a person changed the copy. */
  readonly version: string;
}

/** What `find` takes for an item's copy. */
export interface Candidate extends DestRef {
  /** Only its beginning was written: it is the item's, and is brought to its end like a copy of an earlier version. */
  readonly unfinished?: boolean;
}

/** An item to write: new when `existing` is null, otherwise an update of what we wrote before. */
export interface TransferItem {
  readonly item: SourceItem;
  readonly existing: DestRef | null;
  /** Deterministic mark of this item (128 bits, hex). A workload that can stamp its copies stamps this, so that `find` can see it. */
  readonly mark: string;
  /** The copy of the item that this one needs (`SourceItem.needs`); null when it needs none, and in a dry run. */
  readonly needed: DestRef | null;
  /** True when the ledger has met it before: an attempt may have left a copy, or a part of one, that a workload cannot stamp looks for. */
  readonly again?: boolean;
  /**
   * Of an item in doubt that is not any more as it was when its write began: whether that write was of something with this match key.
   * It may lie where the item lay then, under the name that it had.
   */
  readonly claimedAs?: (matchKey: string) => boolean;
  /** Of these copies, those that are items' of the same container already, by the ledger. */
  readonly copiesAmong?: (destIds: readonly string[]) => Promise<ReadonlySet<string>>;
  /** The copies that it refers to (`SourceItem.refersTo`), in that order; none in a dry run. */
  readonly referred?: readonly DestRef[];
  /** What the last attempt at the item left for this one, when that is to be had. */
  readonly resume?: Resume;
}

/** A workload's own note on a transfer under way. It survives the process and is kept unreadable; it is there again only when the item's write is in doubt. */
export interface Resume {
  readonly note: string | null;
  /** Resolves when it is stored; null forgets it. Throws NotNoted when a note could not be stored: what would be gone on with by it must not be begun. */
  keep(note: string | null): Promise<void>;
}

/** Ends the unit, which is told to stop by then. */
export class NotNoted extends Error {
  constructor(cause: unknown) {
    super('what was to be begun could not be noted', { cause });
    this.name = 'NotNoted';
  }
}

/**
 * What became of one item. `bytes` is what was really sent to the destination for it. What was skipped or failed may have a copy all the
 * same, of what of it could be carried: `dest` names it, and the next attempt goes on from there. `links`: addresses that people have for
 * it and the ones that take their place; null when it has none any more, absent when nothing is known of them.
 */
export type ItemResult =
  | { readonly key: string; readonly outcome: 'copied' | 'updated'; readonly dest: DestRef; readonly links?: NewLinks | null; readonly bytes: number }
  | { readonly key: string; readonly outcome: 'skipped'; readonly cause: SkipCause; readonly dest?: DestRef; readonly links?: NewLinks | null; readonly graphCode: string | null; readonly requestId: string | null }
  | { readonly key: string; readonly outcome: 'failed'; readonly failure: ItemFailure; readonly dest?: DestRef; readonly links?: NewLinks | null; readonly graphCode: string | null; readonly requestId: string | null }
  /** The write was sent and its answer lost. The engine asks `find` and, when it is not there, transfers the item again. */
  | { readonly key: string; readonly outcome: 'in_doubt'; readonly graphCode: string | null; readonly requestId: string | null };

export type ForeseenResult = Extract<ItemResult, { outcome: 'skipped' | 'failed' }>;

/** Ends the whole unit (and the job, when its code is one of `jobStoppingFailures`). `transient`: worth another attempt of the unit later. */
export class UnitError extends Error {
  constructor(
    readonly code: UnitFailure,
    readonly side: 'source' | 'dest' | null,
    readonly transient: boolean,
    readonly graph: { code: string | null; requestId: string | null },
    options?: { cause?: unknown },
  ) {
    super(`${code}${side === null ? '' : ` at the ${side}`}${graph.code === null ? '' : ` (${graph.code})`}`, options);
    this.name = 'UnitError';
  }
}

/** Thrown by `pages` when the source has forgotten the checkpoint: the engine lists the container again and lets the ledger skip what is there. */
export class CheckpointExpired extends Error {
  override readonly name = 'CheckpointExpired';
}

/** Thrown by `pages` or `ensure` when the container has vanished at the source meanwhile: the engine goes on with the next one. */
export class ContainerGone extends Error {
  override readonly name = 'ContainerGone';
}

/** What became of a copy that was to be removed. `changed`: somebody has touched it since we wrote it, and it stays. `none`: it is not there any more. */
export type RemovalResult = { readonly id: string; readonly outcome: 'removed' | 'changed' | 'none' };

/** A copy as the destination lists it. */
export interface DestCopy {
  readonly dest: DestRef;
  readonly matchKey: string | null;
  /** Our stamp, where the copy has one. */
  readonly mark: string | null;
  /**
   * Match keys of the items that it may be the copy of by its name, which other things may have as well: it is taken for one only where
   * nothing else could be meant. `markStart`: with what the item's mark begins, where the name says that.
   */
  readonly named?: readonly { readonly matchKey: string; readonly markStart: string }[];
  /** False for what a write left that did not come to its end. */
  readonly whole: boolean;
}

/** What a workload brings that follows moves and deletions at the source. */
export interface Following {
  /**
   * Removes copies that we made from one container, each only while its version is the one we wrote. Safe to repeat. Yields one result
   * a copy, and none for a copy of which it cannot be said: that one is asked for again in a later pass.
   */
  remove(copies: readonly DestRef[], dest: DestContainer, signal: AbortSignal): AsyncIterable<RemovalResult>;
  /** What a destination container holds that we may have made and nobody has touched since, for the rare copy whose id we never learnt. */
  copies(dest: DestContainer, signal: AbortSignal): AsyncIterable<DestCopy>;
  /** Containers of the source that the job leaves out, such as folders its filters exclude. */
  leftOut(signal: AbortSignal): AsyncIterable<Container>;
}

export type Side = 'source' | 'dest';

/**
 * What verification knows of one thing on one side: values to compare, no content. The engine keeps only hashes of them. A workload
 * that reads a thing in two ways gives it in two parts: the `item`, one for each thing there is, and a `detail` that joins it.
 */
export interface Fingerprint {
  readonly part: 'item' | 'detail';
  /** Pairs an item with its copy: survives the copy. Null: the join finds it. */
  readonly key: string | null;
  /** Joins a detail without a key to its item on the same side. */
  readonly join: string | null;
  /** The mark a copy was stamped with (`TransferItem.mark`); pairs it with its item although the key did not survive. */
  readonly mark: string | null;
  /** Equal for an item and a copy that carries neither key nor mark. An item without a copy of its key is paired by it with a copy whose key is nobody's. */
  readonly likeness: string | null;
  /** Of the source: the key that the listing for copying gives it (`SourceItem.key`); of the destination: `DestRef.id`. Details: any that is unique on the side. */
  readonly id: string;
  readonly version: string;
  readonly kind: string;
  readonly sizeBytes: number;
  /** As in `SourceItem`: filters look at it. */
  readonly at: string | null;
  readonly path?: string;
  readonly carries?: boolean;
  readonly filterBytes?: number;
  /** What `SourceItem.matchKey` says of it, when that is not `key`. */
  readonly matchKey?: string;
  /** Of an item: where its content is compared. `here`: `fields` say all; `detail`: a detail of it is to be expected; `hidden`: the service shows none. */
  readonly content: 'here' | 'detail' | 'hidden';
  /** Values by field name (a name of `verifiedFields`). */
  readonly fields: Readonly<Record<string, string>>;
  /** The same as far as a copy made in the workload's lesser way keeps it; held against each other when the copy is known by mark or likeness. */
  readonly lesser: Readonly<Record<string, string>>;
  /** Fields whose difference is the destination owner's choice and no fault of the copy. */
  readonly ownersChoice: boolean;
}

/** One page of fingerprints; as `Page`, without delta. */
export interface FingerprintPage {
  readonly prints: readonly Fingerprint[];
  readonly checkpoint: string;
  readonly complete: boolean;
}

/** Reads both sides of a unit for verification. Writes nothing; all of it works with ports that cannot write. */
export interface SideReader {
  /** Everything in a container of one side; `depth` items: without details. Throws as `pages` does. */
  read(side: Side, container: Container, dest: DestContainer, depth: 'all' | 'items', from: string | null, signal: AbortSignal): AsyncIterable<FingerprintPage>;
  /** The containers of the destination that a unit could have written to, as containers (`key` is the id of `DestContainer`). */
  destContainers(signal: AbortSignal): AsyncIterable<Container>;
}

/** Work on one unit. Throws UnitError when the unit cannot go on; anything else thrown is an INTERNAL failure of the unit. */
export interface UnitSession {
  /** All containers of the source that should be copied, parents first. */
  containers(signal: AbortSignal): AsyncIterable<Container>;
  /**
   * Finds or creates the counterpart, given its parent's; one that we made is renamed and moved as the source's was. Safe to repeat. In a
   * dry run it plans (`exists: false`) where nothing is there. `known`: the counterpart of a pass before, which stays it while it is there.
   */
  ensure(container: Container, parent: DestContainer | null, signal: AbortSignal, known?: string | null): Promise<DestContainer>;
  /** Lists a container from a checkpoint, or from its beginning. Ends after a page with `complete: true`. */
  pages(container: Container, from: string | null, signal: AbortSignal): AsyncIterable<Page>;
  /**
   * For items whose write is in doubt: every destination item that could be the copy, by the item's key. An entry may hold several
   * candidates (a person can have copied a message within its folder); the engine adopts only those that no ledger row names yet.
   */
  find(inDoubt: readonly TransferItem[], dest: DestContainer, container: Container, signal: AbortSignal): Promise<Map<string, Candidate[]>>;
  /** Copies a batch; yields one result per item, in any order, each as soon as it is known. Never throws for a single item. */
  transfer(batch: readonly TransferItem[], dest: DestContainer, container: Container, signal: AbortSignal): AsyncIterable<ItemResult>;
  /** Absent: copies stay where they are, whatever happens at the source. */
  readonly following?: Following;
  readonly sides: SideReader;
  /** Of a dry run: the items of a batch of which it can be known without writing that they would not be copied. The others count as copied. */
  foresee(batch: readonly TransferItem[], container: Container, signal: AbortSignal): Promise<ForeseenResult[]>;
}

/** A destination as a job names it. */
export interface Destination {
  readonly microsoftId: string;
  /** How people name the source that goes there. */
  readonly sourceAddress: string;
  /** Nothing may be made: a dry run, or a verification. */
  readonly dryRun: boolean;
}

export interface Workload {
  readonly name: WorkloadName;
  readonly can: Capabilities;
  /**
   * Of a destination that may still have to be made: Microsoft's id of it, once it is there; null when it is not, and may not be made.
   * Asked before anything else of a unit. Throws UnitError, a transient one while it is on its way. Absent: destinations are there.
   */
  destination?(destination: Destination, ports: UnitPorts, signal: AbortSignal): Promise<string | null>;
  /** Resolves both ends; throws UnitError when one is missing, unlicensed or closed to us. */
  open(unit: UnitScope, ports: UnitPorts, signal: AbortSignal): Promise<UnitSession>;
}
