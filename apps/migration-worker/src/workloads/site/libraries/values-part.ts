/** Values that files and folders have in a library's own columns: written when the files stand. */
import { hash } from 'node:crypto';
import { GraphRequestError } from '@migrator/graph-client';
import type { Logger } from '@migrator/service-kit/logger';
import { objectOf, parseDriveItem, textOf, type DriveItem, type Raw } from '../../drive/drive-item.js';
import { segment, type Drive } from '../../drive/drive.js';
import { FolderPaths } from '../../drive/folder-paths.js';
import { destName, foldName } from '../../drive/names.js';
import { noWords, orEndUnit } from '../../graph-errors.js';
import { InFlight } from '../../in-flight.js';
import { transferEach } from '../../transfer-each.js';
import type { Candidate, Container, DestContainer, DestCopy, Fingerprint, FingerprintPage, ForeseenResult, ItemResult, Page, RemovalResult, Side, SourceItem, TransferItem, UnitScope } from '../../workload.js';
import type { Column } from '../lists/columns.js';
import { lackedColumns, prepareList, type DestList } from '../lists/dest-list.js';
import { listedItems } from '../lists/list-pages.js';
import type { ListPart } from '../lists/list-part.js';
import type { SitePeople } from '../lists/people.js';
import { lacksValue, lookupsText, plainFields, pointedAt, pointingFields, saysSomething, valuesText } from '../lists/values.js';
import { isMadeItem, lostPart, lostResult, madeResult } from '../lost-part.js';
import { destId, destParts, once, type SitePart } from '../site-part.js';
import type { Site } from '../site.js';
import type { Library } from '../structure.js';
import { columnKind, hasOwnType, libraryColumns, lostColumnItems, lostTypeItems, madeColumnItems } from './library-columns.js';
import type { LibraryPart } from './library-part.js';
import { setValues } from './set-values.js';

const kind = 'libraryValues';
const readsAtOnce = 8;

export interface ValuesPartDeps {
  readonly log: Logger;
  readonly unit: Pick<UnitScope, 'dryRun' | 'scope'>;
  readonly source: Site;
  readonly destination: Site;
  readonly people: SitePeople;
  readonly files: LibraryPart;
  /** Null where lists are not carried: then lookups lead nowhere. */
  readonly lists: ListPart | null;
  readonly libraries: { readonly source: () => Promise<Library[]>; readonly dest: () => Promise<Library[]> };
  /** Of the whole session. */
  readonly signal: AbortSignal;
}

/** A library with columns or content types of its own. */
interface LibraryValues {
  readonly library: Container;
  readonly listId: string;
  readonly columns: readonly Column[];
  readonly types: readonly Raw[];
}

interface ValuesRef {
  readonly fields: Raw;
}

/** A file or folder with what its columns say. */
interface Valued {
  readonly raw: Raw;
  readonly fields: Raw;
  readonly file: DriveItem;
  /** Of a folder its own, of a file that of its folder. */
  readonly path: string;
  /** There is something to write, or may have been. */
  readonly says: boolean;
}

export class ValuesPart implements SitePart {
  readonly kinds = [kind];
  readonly #libraries: () => Promise<LibraryValues[]>;
  readonly #prepared = new Map<string, Promise<DestList>>();
  /** Counterparts that this run knows of, by the id of the source's list. */
  readonly #sure = new Map<string, DestContainer>();
  readonly #paths = new Map<Drive, FolderPaths>();

  constructor(private readonly deps: ValuesPartDeps) {
    this.#libraries = once(() => this.#withOwn());
  }

  async #withOwn(): Promise<LibraryValues[]> {
    const { source, files, lists, signal } = this.deps;
    const known = (await lists?.lists()) ?? [];
    const found: LibraryValues[] = [];
    for await (const library of files.containers()) {
      const { listId } = library.ref as Library;
      if (listId === null) continue;
      const columns = libraryColumns(await source.all(source.list(listId, '/columns'), signal), known);
      const types = (await source.all(source.list(listId, '/contentTypes'), signal, { $select: 'id,name' })).filter(hasOwnType);
      if (columns.length > 0 || types.length > 0) found.push({ library, listId, columns, types });
    }
    return found;
  }

  async *containers(): AsyncGenerator<Container> {
    for (const values of await this.#libraries()) {
      const { library, listId, columns } = values;
      const after = [library.key, ...new Set(columns.flatMap(({ target }) => target?.listId ?? []))];
      yield { key: `${listId}#values`, path: library.path, kind, parentKey: null, itemCount: null, placesItems: true, after, stays: true, ref: values };
    }
  }

  async *destContainers(): AsyncGenerator<Container> {
    // Compared with the library that they belong to.
  }

  async ensure({ ref }: Container, signal: AbortSignal, known: string | null): Promise<DestContainer> {
    const values = ref as LibraryValues;
    const { id, exists } = await this.deps.files.ensure(values.library, signal, known === null ? null : destId('library', ...destParts(known).slice(1)));
    if (!exists) return { id: '', exists };
    const dest = { id: destId(kind, ...destParts(id).slice(1)), exists };
    if (this.deps.unit.dryRun) return dest;
    this.#sure.set(values.listId, dest);
    const { refusedText } = await this.#prepare(values, dest, signal);
    return { ...dest, ...(refusedText === null ? {} : { note: `the destination’s library did not take these columns: ${refusedText}.` }) };
  }

  async *pages({ ref }: Container, from: string | null, signal: AbortSignal): AsyncGenerator<Page> {
    const values = ref as LibraryValues;
    let findings = from === null ? lostItems(values) : [];
    let told = false;
    for await (const { valued, removed, checkpoint, complete } of this.#listed('source', values, from, signal)) {
      // A later pass that has nothing to write looks at no library.
      if (!told && (from === null || valued.length > 0)) {
        findings.push(...(await this.#madeItems(values, signal)));
        told = true;
      }
      yield { items: [...findings, ...valued.flatMap((one) => this.#items(values, one))], removed: removed.flatMap((id) => [id, `${id}:lost`, `${id}:type`]), checkpoint, complete };
      findings = [];
    }
  }

  find(): Promise<Map<string, Candidate[]>> {
    // Setting values may be repeated.
    return Promise.resolve(new Map());
  }

  async *transfer(batch: readonly TransferItem[], dest: DestContainer, { ref }: Container, signal: AbortSignal): AsyncGenerator<ItemResult> {
    const values = ref as LibraryValues;
    const there = await this.#prepare(values, dest, signal);
    const drive = await this.deps.files.drive('dest', destParts(dest.id)[1], signal);
    yield* transferEach(batch, this.deps, (entry) => this.#write(values, there, drive, entry, signal));
  }

  async foresee(batch: readonly TransferItem[], { ref }: Container): Promise<ForeseenResult[]> {
    const { columns } = ref as LibraryValues;
    const foreseen: ForeseenResult[] = [];
    for (const { item } of batch) {
      const lost = lostResult(item);
      if (lost !== null) foreseen.push(lost);
      else if (isMadeItem(item)) continue;
      else if (await this.#lacksSomebody(columns, (item.ref as ValuesRef).fields)) foreseen.push({ key: item.key, outcome: 'failed', failure: 'PERSON_NOT_AT_DESTINATION', ...noWords });
    }
    return foreseen;
  }

  async *read(side: Side, { ref }: Container, dest: DestContainer, from: string | null, signal: AbortSignal): AsyncGenerator<FingerprintPage> {
    const values = ref as LibraryValues;
    const drive = await this.#driveOf(side, values, dest, signal);
    const [, , folderId] = destParts(dest.id);
    const top = side === 'source' || folderId === drive.rootId ? '/' : await this.#pathsOf(drive).of(folderId, signal);
    let prints = side === 'source' && from === null ? [...lostItems(values), ...(await this.#lackedItems(values, dest, signal))].map((item) => printOf(item, item.key, {})) : [];
    for await (const { valued, checkpoint, complete } of this.#listed(side, values, from, signal, dest)) {
      for (const one of valued) prints.push(...(await this.#prints(side, values, one, top)));
      yield { prints, checkpoint, complete };
      prints = [];
    }
  }

  async *copies(): AsyncGenerator<DestCopy> {
    // Values go with what they are of.
  }

  async *remove(): AsyncGenerator<RemovalResult> {
    // They go with their file.
  }

  /** What of a listed item is carried, and what is not. */
  #items({ library, columns }: LibraryValues, { raw, fields, file, path, says }: Valued): SourceItem[] {
    const key = textOf(raw['id']) ?? '';
    const shown = path === '/' ? library.path : `${library.path}/${path}`;
    const place = { path: shown, at: file.kind === 'file' ? (file.dates?.lastModifiedDateTime ?? null) : null, filterBytes: file.size, ...(file.kind === 'file' ? {} : { carries: true }) };
    const carried = columns.filter((column) => column.kind !== 'lost' && column.kind !== 'calculated');
    const said = JSON.stringify(carried.map((column) => [column.name, fields[column.name], pointedAt(column, fields)]));
    const refersTo = [{ container: library.key, key: file.id }, ...columns.flatMap((column) => (column.kind === 'lookup' ? pointedAt(column, fields).map((id) => ({ container: column.target?.listId ?? '', key: id })) : []))];
    return [
      // Of what was said, not of the file: new bytes are no new values.
      ...(says ? [{ key, version: hash('sha256', said, 'base64url'), kind, matchKey: null, sizeBytes: Buffer.byteLength(said), refersTo, ...place, ref: { fields } satisfies ValuesRef }] : []),
      ...(columns.some((column) => column.kind === 'lost' && saysSomething(column, fields)) ? [{ ...lostPart(`${key}:lost`, kind, 'VALUES_NOT_CARRIED', textOf(raw['eTag']) ?? ''), ...place }] : []),
      ...(hasOwnType(objectOf(raw['contentType'])) ? [{ ...lostPart(`${key}:type`, kind, 'CONTENT_TYPE_NOT_CARRIED', textOf(raw['eTag']) ?? ''), ...place }] : []),
    ];
  }

  /** Columns as items: what the destination does not take, and for what a pass before told of, that it may be there now. As of a list (ListPart). */
  async #madeItems(values: LibraryValues, signal: AbortSignal): Promise<SourceItem[]> {
    if (this.deps.unit.dryRun) return [];
    const { library, listId, columns } = values;
    const sure = this.#sure.get(listId);
    const listThere = sure === undefined ? ((await this.deps.files.counterparts()).find(([from]) => from === listId)?.[1] ?? '') : '';
    const refused = sure === undefined ? new Set((await lackedColumns(this.deps.destination, listThere, columns, columnKind, signal)).map(({ key }) => key)) : (await this.#prepare(values, sure, signal)).refused;
    return madeColumnItems(library.path, columns, refused);
  }

  /** Columns that the destination has not taken. */
  async #lackedItems({ library, columns }: LibraryValues, dest: DestContainer, signal: AbortSignal): Promise<SourceItem[]> {
    const lacked = new Set((await lackedColumns(this.deps.destination, await this.#listOf(destParts(dest.id)[1]), columns, columnKind, signal)).map(({ key }) => key));
    return madeColumnItems(library.path, columns, lacked).filter(({ key }) => lacked.has(key));
  }

  async #write({ columns }: LibraryValues, { id, columns: there, refused }: DestList, drive: Drive, { item, existing, referred = [], resume, again = false }: TransferItem, signal: AbortSignal): Promise<ItemResult> {
    const known = lostResult(item) ?? madeResult(item, refused, id);
    if (known !== null) return known;
    const [copy, ...others] = referred;
    if (copy === undefined) throw new Error('values have no file');
    const { fields } = item.ref as ValuesRef;
    // Listed because the file changed: there never was anything to write.
    if (existing === null && !again && !columns.some((column) => saysSomething(column, fields))) return { key: item.key, outcome: 'copied', dest: { id: `${copy.id}/values`, version: copy.version }, bytes: 0 };
    const usable = columns.filter(({ name }) => there.has(name));
    const body: Raw = plainFields(usable, fields, true);
    let someMissing = false;
    const ids = others.map(({ id }) => id.slice(id.indexOf('/') + 1));
    for (const column of columns) {
      if (column.kind !== 'person' && column.kind !== 'lookup') continue;
      const carried = column.kind === 'lookup' ? { ids: ids.splice(0, pointedAt(column, fields).length), missing: false } : await this.deps.people.carry(column, fields);
      someMissing ||= carried.missing;
      if (there.has(column.name)) Object.assign(body, pointingFields(column, carried.ids, true));
    }
    const written = await setValues(drive, copy, body, { resume, bringsVersions: this.deps.unit.scope['versions'] === true }, signal);
    const dest = { id: `${copy.id}/values`, version: written };
    if (someMissing) return { key: item.key, outcome: 'failed', failure: 'PERSON_NOT_AT_DESTINATION', dest, ...noWords };
    if (lacksValue(columns, there, fields)) return { key: item.key, outcome: 'skipped', cause: 'VALUES_NOT_CARRIED', dest, ...noWords };
    return { key: item.key, outcome: existing === null ? 'copied' : 'updated', dest, bytes: item.sizeBytes };
  }

  async #lacksSomebody(columns: readonly Column[], fields: Raw): Promise<boolean> {
    for (const column of columns) if (column.kind === 'person' && (await this.deps.people.carry(column, fields)).missing) return true;
    return false;
  }

  /** Items of one side that say something in their columns; of a later pass also those that may not any more. */
  async *#listed(side: Side, values: LibraryValues, from: string | null, signal: AbortSignal, dest?: DestContainer): AsyncGenerator<{ valued: Valued[]; removed: string[]; checkpoint: string; complete: boolean }> {
    const { columns } = values;
    const site = side === 'source' ? this.deps.source : this.deps.destination;
    const drive = await this.#driveOf(side, values, dest, signal);
    const listId = side === 'source' ? values.listId : await this.#listOf(drive.id);
    for await (const { value, checkpoint, complete } of listedItems(site, listId, columns, from, signal)) {
      const removed = value.flatMap((raw) => (raw['deleted'] === undefined ? [] : [textOf(raw['id']) ?? '']));
      const valued: Valued[] = [];
      const reads = new InFlight<Valued | null>(readsAtOnce, Infinity);
      const take = (one: Valued | null): void => {
        if (one !== null) valued.push(one);
      };
      try {
        for (const raw of value) {
          const fields = objectOf(raw['fields']) ?? {};
          const says = columns.length > 0 && (from !== null || columns.some((column) => saysSomething(column, fields)));
          if (raw['deleted'] !== undefined || (!says && !(side === 'source' && hasOwnType(objectOf(raw['contentType']))))) continue;
          while (!reads.hasRoomFor(0)) take(await reads.next());
          reads.start(0, orEndUnit(side, () => this.#fileOf(site, drive, listId, { raw, fields, says }, signal)));
        }
        while (reads.size > 0) take(await reads.next());
      } finally {
        await reads.drain();
      }
      yield { valued, removed, checkpoint, complete };
    }
  }

  /** Null for what went meanwhile and for what is not copied. */
  async #fileOf(site: Site, drive: Drive, listId: string, one: Pick<Valued, 'raw' | 'fields' | 'says'>, signal: AbortSignal): Promise<Valued | null> {
    let file: DriveItem;
    try {
      file = parseDriveItem(await site.port.get<Raw>(site.list(listId, `/items/${segment(textOf(one.raw['id']) ?? '')}/driveItem`), site.options(signal, { units: 1 })));
    } catch (error) {
      if (error instanceof GraphRequestError && error.kind === 'not_found') return null;
      throw error;
    }
    if (file.infected || file.kind === 'shortcut') return null;
    return { ...one, file, path: await this.#pathsOf(drive).of(file.kind === 'file' ? file.parentId : file.id, signal) };
  }

  async #prints(side: Side, values: LibraryValues, one: Valued, top: string): Promise<Fingerprint[]> {
    const { columns } = values;
    const { fields, file, path } = one;
    if (side === 'source') {
      const place = path === '/' ? [] : path.split('/').map((folder, depth) => destName(folder, 'folder', depth === 0));
      const key = [...place, ...(file.kind === 'file' ? [destName(file.name, 'file', place.length === 0)] : [])];
      const said = await this.#fields(side, columns, fields);
      return this.#items(values, one).map((item) => (lostResult(item) === null ? printOf(item, keyOf(key), said) : printOf(item, item.key, {})));
    }
    const below = top === '/' ? path : path === top ? '/' : path.startsWith(`${top}/`) ? path.slice(top.length + 1) : null;
    if (below === null) return [];
    const key = [...(below === '/' ? [] : below.split('/')), ...(file.kind === 'file' ? [file.name] : [])];
    const item: SourceItem = { key: `${file.id}/values`, version: '', kind, matchKey: null, sizeBytes: 0, at: null, ref: null };
    return [printOf(item, keyOf(key), await this.#fields(side, columns, fields))];
  }

  async #fields(side: Side, columns: readonly Column[], fields: Raw): Promise<Record<string, string>> {
    const { people } = this.deps;
    const named: [string, (string | null)[]][] = [];
    for (const column of columns) if (column.kind === 'person') named.push([column.name, side === 'source' ? await people.wanted(column, fields) : await people.named(column, fields)]);
    return { title: textOf(fields['Title']) ?? '', values: valuesText(columns, fields), lookups: lookupsText(columns, fields), people: JSON.stringify(named.filter(([, names]) => names.length > 0)) };
  }

  #driveOf(side: Side, { library }: LibraryValues, dest: DestContainer | undefined, signal: AbortSignal): Promise<Drive> {
    return this.deps.files.drive(side, side === 'source' ? library.key : destParts(dest?.id ?? '')[1], signal);
  }

  #pathsOf(drive: Drive): FolderPaths {
    const paths = this.#paths.get(drive) ?? new FolderPaths(drive);
    this.#paths.set(drive, paths);
    return paths;
  }

  async #listOf(driveId: string): Promise<string> {
    return (await this.deps.libraries.dest()).find((library) => library.driveId === driveId)?.listId ?? '';
  }

  /** Once a run: what the library lacks is made. */
  #prepare({ listId, columns }: LibraryValues, dest: DestContainer, signal: AbortSignal): Promise<DestList> {
    let prepared = this.#prepared.get(dest.id);
    if (prepared === undefined) {
      prepared = this.#prepareNow(listId, columns, destParts(dest.id)[1], signal);
      this.#prepared.set(dest.id, prepared);
      prepared.catch(() => this.#prepared.delete(dest.id));
    }
    return prepared;
  }

  async #prepareNow(listId: string, columns: readonly Column[], driveId: string, signal: AbortSignal): Promise<DestList> {
    const { source, destination, lists } = this.deps;
    const targets = new Map<string, string>();
    for (const { target } of columns) if (target !== null) targets.set(target.listId, (await lists?.counterpartOf(target.listId)) ?? '');
    return await prepareList(source, destination, { list: { id: listId, contentTypes: false }, marked: false, columnKind }, columns, await this.#listOf(driveId), new Map([...targets].filter(([, id]) => id !== '')), signal);
  }
}

const lostItems = ({ library, columns, types }: LibraryValues): SourceItem[] => [...lostColumnItems(library.path, columns), ...lostTypeItems(library.path, types)];

const keyOf = (names: readonly string[]): string => foldName(names.join('/'));

function printOf({ key, version, kind: itemKind, sizeBytes, at, path, carries, filterBytes }: SourceItem, pair: string, fields: Record<string, string>): Fingerprint {
  const place = { ...(path === undefined ? {} : { path }), ...(carries === undefined ? {} : { carries }), ...(filterBytes === undefined ? {} : { filterBytes }) };
  return { part: 'item', key: pair, matchKey: '', join: null, mark: null, likeness: null, id: key, version, kind: itemKind, sizeBytes, at, ...place, content: 'here', fields, lesser: fields, ownersChoice: false };
}
