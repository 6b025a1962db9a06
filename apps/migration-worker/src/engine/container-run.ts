/**
 * One container in one pass. A unit may have tens of thousands of them, all but a few at rest: what only a listing needs is made when
 * it is asked for and let go of at the listing's end.
 */
import type { Container, DestContainer } from '../workloads/workload.js';
import type { HeldItems } from './held-items.js';
import { MarkSet } from './mark-set.js';
import type { ContainerEntry } from './unit-ledger.js';

/** How a container stands when its pass begins. */
export interface ContainerStart extends Pick<ContainerRun, 'container' | 'entry' | 'pending' | 'listedBefore' | 'knownBefore' | 'goesOn'> {
  /** Marks whose departure is open; absent when there are none. */
  readonly departed: Set<string> | undefined;
}

/** What the containers of a unit share in a pass. */
export interface ContainersShare {
  /** The counterpart of a container; made sure of at the first call. */
  destOf(key: string): Promise<DestContainer>;
  entryOf(key: string): ContainerEntry | undefined;
  heldItems(run: ContainerRun): HeldItems;
  readonly dryRun: boolean;
}

export class ContainerRun {
  readonly container: Container;
  readonly entry: ContainerEntry;
  /** Marks a retry still has to meet; null when everything listed is looked at. */
  readonly pending: Set<string> | null;
  /** Some pass of some job has listed the container to its end before. */
  readonly listedBefore: boolean;
  /** The ledger had items of it when this run began. */
  readonly knownBefore: boolean;
  /** An earlier run of this pass was interrupted: it may have written items of pages that it could not store. */
  readonly goesOn: boolean;
  /** Where the next listing of what changed begins; null: at the beginning. */
  token: string | null;
  /** Marks met by a listing in one go that is held against the ledger; otherwise null. */
  met: MarkSet | null = null;
  /** Marks of items that had to wait and for which there was no room: they are listed once more. */
  spilled: Set<string> | null = null;
  filteredOut = 0;
  #departed: Set<string> | null;
  #inHand: Map<string, Promise<void>> | null = null;
  #tried: Map<string, string> | null = null;
  #planned: MarkSet | null = null;
  #held: HeldItems | null = null;
  readonly #share: ContainersShare;

  constructor(start: ContainerStart, share: ContainersShare) {
    this.container = start.container;
    this.entry = start.entry;
    this.pending = start.pending;
    this.listedBefore = start.listedBefore;
    this.knownBefore = start.knownBefore;
    this.goesOn = start.goesOn;
    this.token = start.entry.deltaToken;
    this.#departed = start.departed ?? null;
    this.#share = share;
  }

  /** The counterpart; made sure of at the first call. */
  dest(): Promise<DestContainer> {
    return this.#share.destOf(this.container.key);
  }

  /** A container of the unit by its key. */
  entryOf(key: string): ContainerEntry | undefined {
    return this.#share.entryOf(key);
  }

  /** Items in hand by mark: the page that works them. */
  get inHand(): Map<string, Promise<void>> {
    return (this.#inHand ??= new Map<string, Promise<void>>());
  }

  /** Marks that a dry run has planned already in this listing; otherwise null. */
  get planned(): MarkSet | null {
    if (this.#share.dryRun) this.#planned ??= new MarkSet();
    return this.#planned;
  }

  /** Items that failed or were skipped in this run, with the version tried. */
  get tried(): Map<string, string> {
    return (this.#tried ??= new Map<string, string>());
  }

  /** Marks whose departure is open. */
  get departed(): Set<string> {
    return (this.#departed ??= new Set());
  }

  /** Items that wait for the copy of another one. */
  get held(): HeldItems {
    return (this.#held ??= this.#share.heldItems(this));
  }

  /** A listing has come to its end, and all that was in hand with it. */
  rest(): void {
    this.met = null;
    this.#inHand = null;
    this.#planned = null;
    this.#held = null;
    if (this.#departed?.size === 0) this.#departed = null;
    if (this.#tried?.size === 0) this.#tried = null;
  }
}
