/** Document libraries: each is a drive, and everything about it is done as with any drive. */
import { GraphRequestError } from '@migrator/graph-client';
import { openDrive, segment, type Drive } from '../../drive/drive.js';
import { objectOf, textOf, type Raw } from '../../drive/drive-item.js';
import { DrivePair, type DriveDeps } from '../../drive/drive-pair.js';
import { listCopies } from '../../drive/find-copies.js';
import { removeCopies } from '../../drive/remove-copies.js';
import { orEndUnit, unitErrorOf } from '../../graph-errors.js';
import { UnitError, type Candidate, type Container, type DestContainer, type DestCopy, type DestRef, type FingerprintPage, type ForeseenResult, type ItemResult, type Page, type People, type RemovalResult, type Side, type TransferItem, type UnitScope } from '../../workload.js';
import { destId, destParts, once, type SitePart } from '../site-part.js';
import type { Site } from '../site.js';
import { foldTitle, listLibraries, type Library } from '../structure.js';

const kind = 'library';

export class LibraryPart implements SitePart {
  readonly kinds = [kind];
  readonly #drives = new Map<string, Promise<Drive>>();
  readonly #pairs = new Map<string, DrivePair>();

  constructor(
    private readonly deps: DriveDeps,
    private readonly unit: Pick<UnitScope, 'destPrefix' | 'scope' | 'versionsMax' | 'dryRun'>,
    private readonly source: Site,
    private readonly destination: Site,
    private readonly people: People,
    /** Libraries of both sites, read once a session. */
    private readonly libraries: { readonly source: () => Promise<Library[]>; dest: () => Promise<Library[]> },
  ) {}

  async *containers(): AsyncGenerator<Container> {
    for (const library of await this.libraries.source()) yield { key: library.driveId, path: library.name, kind, parentKey: null, itemCount: null, placesItems: true, ref: library };
  }

  async *destContainers(signal: AbortSignal): AsyncGenerator<Container> {
    for (const { driveId, name } of await this.libraries.dest()) {
      const { rootId } = await this.drive('dest', driveId, signal);
      yield { key: destId(kind, driveId, rootId), path: name, kind, parentKey: null, itemCount: null, placesItems: true, ref: null };
    }
  }

  /** The library we wrote to before, the one of the same name (the default one goes to the default one), or a new one. */
  async ensure(container: Container, signal: AbortSignal, known: string | null): Promise<DestContainer> {
    const library = container.ref as Library;
    const there = await this.libraries.dest();
    const [, knownId] = destParts(known ?? '');
    const found = there.find(({ driveId }) => driveId === knownId) ?? likeThis(library, there);
    if (found === undefined && this.unit.dryRun) return { id: '', exists: false };
    const driveId = found?.driveId ?? (await this.#make(library, signal));
    const { id, ...dest } = await this.#pair(container, await this.drive('dest', driveId, signal), await this.drive('source', library.driveId, signal)).ensure(signal);
    const nameNow = found !== undefined && !library.isDefault && foldTitle(found.name) !== foldTitle(library.name) ? { nameNow: found.name } : {};
    return { ...dest, ...nameNow, id: dest.exists ? destId(kind, driveId, id) : '' };
  }

  /** Ids of the lists behind the libraries of both sides, as far as they have a counterpart. */
  async counterparts(): Promise<[string, string][]> {
    const there = await this.libraries.dest();
    return (await this.libraries.source()).flatMap((library): [string, string][] => {
      const to = likeThis(library, there)?.listId ?? null;
      return library.listId === null || to === null ? [] : [[library.listId, to]];
    });
  }

  async *pages(container: Container, from: string | null, signal: AbortSignal): AsyncGenerator<Page> {
    yield* this.#pair(container, null, await this.#sourceOf(container, signal)).pages(from, signal);
  }

  async find(inDoubt: readonly TransferItem[], dest: DestContainer, container: Container, signal: AbortSignal): Promise<Map<string, Candidate[]>> {
    const { pair, folderId } = await this.#open(container, dest, signal);
    return await pair.find(inDoubt, folderId, signal);
  }

  async *transfer(batch: readonly TransferItem[], dest: DestContainer, container: Container, signal: AbortSignal): AsyncGenerator<ItemResult> {
    const { pair, folderId } = await this.#open(container, dest, signal);
    yield* pair.transfer(batch, folderId, signal);
  }

  async foresee(batch: readonly TransferItem[], container: Container, signal: AbortSignal): Promise<ForeseenResult[]> {
    return await this.#pair(container, null, await this.#sourceOf(container, signal)).foresee(batch, signal);
  }

  async *read(side: Side, container: Container, dest: DestContainer, from: string | null, signal: AbortSignal): AsyncGenerator<FingerprintPage> {
    if (side === 'source') {
      yield* this.#pair(container, null, await this.#sourceOf(container, signal)).read('source', '', from, signal);
      return;
    }
    const [, driveId, folderId] = destParts(dest.id);
    const drive = await this.drive('dest', driveId, signal);
    yield* this.#pair(container, drive, drive).read('dest', folderId, from, signal);
  }

  async *copies(dest: DestContainer, signal: AbortSignal): AsyncGenerator<DestCopy> {
    const [, driveId, folderId] = destParts(dest.id);
    yield* listCopies(await this.drive('dest', driveId, signal), folderId, signal);
  }

  async *remove(copies: readonly DestRef[], dest: DestContainer, signal: AbortSignal): AsyncGenerator<RemovalResult> {
    const [, driveId] = destParts(dest.id);
    yield* removeCopies(await this.drive('dest', driveId, signal), copies, signal);
  }

  async #open(container: Container, dest: DestContainer, signal: AbortSignal): Promise<{ pair: DrivePair; folderId: string }> {
    const [, driveId, folderId] = destParts(dest.id);
    return { pair: this.#pair(container, await this.drive('dest', driveId, signal), await this.#sourceOf(container, signal)), folderId };
  }

  #sourceOf(container: Container, signal: AbortSignal): Promise<Drive> {
    return this.drive('source', container.key, signal);
  }

  #pair(container: Container, destination: Drive | null, source: Drive): DrivePair {
    const key = `${source.side} ${source.id} ${destination?.id ?? ''}`;
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = new DrivePair(this.deps, { unit: this.unit, source, destination, name: container.path, people: this.people });
      this.#pairs.set(key, pair);
    }
    return pair;
  }

  /** A library's drive, opened once a session. */
  drive(side: Side, driveId: string, signal: AbortSignal): Promise<Drive> {
    const key = `${side} ${driveId}`;
    let drive = this.#drives.get(key);
    if (drive === undefined) {
      drive = openDrive(side, (side === 'source' ? this.source : this.destination).port, `/drives/${segment(driveId)}`, signal);
      this.#drives.set(key, drive);
      drive.catch(() => this.#drives.delete(key));
    }
    return drive;
  }

  /** Id of a new library's drive. A library that came into being behind our back is used. */
  async #make({ name }: Library, signal: AbortSignal): Promise<string> {
    const { destination } = this;
    try {
      const list = await destination.port.post<Raw>(destination.at('/lists'), { displayName: name, list: { template: 'documentLibrary' } }, destination.options(signal, { repeatable: true }));
      const driveId = textOf((await orEndUnit('dest', () => destination.port.get<Raw>(destination.list(textOf(list['id']) ?? '', '/drive'), destination.options(signal, { units: 1, query: { $select: 'id' } }))))['id']) ?? '';
      const before = await this.libraries.dest();
      before.push({ driveId, listId: textOf(list['id']), name: textOf(objectOf(list)?.['displayName']) ?? name, isDefault: false });
      return driveId;
    } catch (error) {
      if (!(error instanceof GraphRequestError)) throw error;
      if (error.kind === 'conflict') {
        this.libraries.dest = once(() => listLibraries(destination, signal));
        const taken = (await this.libraries.dest()).find((each) => foldTitle(each.name) === foldTitle(name));
        if (taken !== undefined) return taken.driveId;
        throw new UnitError('INTERNAL', 'dest', true, { code: error.graphCode, requestId: error.requestId }, { cause: error });
      }
      throw unitErrorOf(error, 'dest');
    }
  }
}

/** The default library of the other site, or its library of the same name. */
const likeThis = (library: Library, there: readonly Library[]): Library | undefined => there.find((each) => library.isDefault && each.isDefault) ?? there.find((each) => !each.isDefault && foldTitle(each.name) === foldTitle(library.name));
