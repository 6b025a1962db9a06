/** Lists: each is a container. Items are marked, so that each copy is known again; lookups are written with the copies they point at. */
import { GraphRequestError } from '@migrator/graph-client';
import type { Logger } from '@migrator/service-kit/logger';
import { objectOf, textOf, type Raw } from '../../drive/drive-item.js';
import { noWords, orEndUnit, unitErrorOf } from '../../graph-errors.js';
import { endSkipped } from '../../drive/errors.js';
import { transferEach } from '../../transfer-each.js';
import type { Candidate, Container, DestContainer, DestCopy, DestRef, Fingerprint, FingerprintPage, ForeseenResult, ItemResult, Page, RemovalResult, Side, SourceItem, TransferItem, UnitScope } from '../../workload.js';
import { isMadeCopy, isMadeItem, lostPart, lostResult, madePart, madeResult } from '../lost-part.js';
import { destId, destParts, once, type SitePart } from '../site-part.js';
import type { Site } from '../site.js';
import { onlyBy, touchedBy } from '../touched-by.js';
import { foldTitle, listLists, type Library, type SiteList } from '../structure.js';
import { markColumn, type Column } from './columns.js';
import { lackedColumns, madeColumns, madeTypes, makeList, prepareList, type DestList } from './dest-list.js';
import { itemSelect, removedKeys, sourceItems, type ItemRef } from './list-item.js';
import { listedItems, presentItems } from './list-pages.js';
import type { SitePeople } from './people.js';
import { readSourceLists, type SourceList } from './source-lists.js';
import { lacksValue, lookupsText, plainFields, pointedAt, pointingFields, valuesText } from './values.js';

const kind = 'list';
/** Values of lookups into the list itself, or into one that looks up this one: written when all items stand. */
const linksKind = 'listLinks';
const columnKind = 'listColumn';

export interface ListPartDeps {
  readonly log: Logger;
  readonly unit: Pick<UnitScope, 'dryRun'>;
  readonly source: Site;
  readonly destination: Site;
  readonly people: SitePeople;
  /** Of the whole session. */
  readonly signal: AbortSignal;
  readonly libraries: { readonly source: () => Promise<Library[]>; readonly dest: () => Promise<Library[]> };
}

export class ListPart implements SitePart {
  readonly kinds = [kind, linksKind];
  readonly #sourceLists: () => Promise<SourceList[]>;
  readonly #destLists: () => Promise<SiteList[]>;
  /** Counterparts of this run, by the id of the source's list. */
  readonly #counterparts = new Map<string, string>();
  readonly #prepared = new Map<string, Promise<DestList>>();

  constructor(private readonly deps: ListPartDeps) {
    const { source, destination, libraries, signal } = deps;
    this.#sourceLists = once(async () => await readSourceLists(source, await listLists(source, await libraries.source(), signal), signal));
    this.#destLists = once(async () => await listLists(destination, await libraries.dest(), signal));
  }

  async *containers(): AsyncGenerator<Container> {
    for (const list of await this.#sourceLists()) {
      const { id, displayName } = list.list;
      const after = (columns: readonly Column[]): string[] => [...new Set(columns.flatMap(({ target }) => target?.listId ?? []))];
      yield { key: id, path: displayName, kind, parentKey: null, itemCount: null, after: after(list.lookups), ref: list };
      if (list.late.length > 0) yield { key: `${id}#links`, path: displayName, kind: linksKind, parentKey: null, itemCount: null, after: [id, ...after(list.late)], stays: true, ref: list };
    }
  }

  async *destContainers(): AsyncGenerator<Container> {
    for (const { id, displayName } of await this.#destLists()) yield { key: destId(kind, id), path: displayName, kind, parentKey: null, itemCount: null, ref: null };
  }

  async ensure(container: Container, signal: AbortSignal, known: string | null): Promise<DestContainer> {
    const list = container.ref as SourceList;
    const there = await this.#destLists();
    const [, knownId] = destParts(known ?? '');
    const found = there.find(({ id }) => id === knownId) ?? there.find(({ displayName }) => foldTitle(displayName) === foldTitle(list.list.displayName));
    const id = this.#counterparts.get(list.list.id) ?? found?.id ?? null;
    if (id === null && this.deps.unit.dryRun) return { id: '', exists: false };
    const listId = id ?? (await makeList(this.deps.destination, list.list, signal));
    this.#counterparts.set(list.list.id, listId);
    const dest = { id: destId(container.kind, listId), exists: true };
    if (this.deps.unit.dryRun) return found !== undefined && foldTitle(found.displayName) !== foldTitle(list.list.displayName) ? { ...dest, nameNow: found.displayName } : dest;
    const { refusedText } = await this.#prepare(list, container.kind, listId, signal);
    return { ...dest, ...(refusedText === null ? {} : { note: `the destination did not take these columns or content types: ${refusedText}.` }) };
  }

  async *pages(container: Container, from: string | null, signal: AbortSignal): AsyncGenerator<Page> {
    const list = container.ref as SourceList;
    const { source } = this.deps;
    const links = container.kind === linksKind;
    let findings = from === null && !links ? lostColumns(list) : [];
    let told = false;
    for await (const { value, checkpoint, complete } of listedItems(source, list.list.id, list.columns, from, signal)) {
      const items = value.filter((raw) => raw['deleted'] === undefined);
      const removed = value.flatMap((raw) => (raw['deleted'] === undefined ? [] : removedKeys(textOf(raw['id']) ?? '')));
      // A later pass that has nothing to write looks at no list.
      if (!told && (from === null || items.length > 0)) {
        findings.push(...(await this.#madeItems(list, container.kind, signal)));
        told = true;
      }
      yield { items: [...findings, ...items.flatMap((raw) => (links ? linkItems(list, raw, from !== null) : sourceItems(list, raw)))], removed, checkpoint, complete };
      findings = [];
    }
  }

  async find(inDoubt: readonly TransferItem[], dest: DestContainer, container: Container, signal: AbortSignal): Promise<Map<string, Candidate[]>> {
    const found = new Map<string, Candidate[]>();
    // Setting what points at others may be repeated.
    if (container.kind === linksKind) return found;
    const list = container.ref as SourceList;
    const [, listId] = destParts(dest.id);
    const { columns: there, contentTypes } = await this.#prepare(list, container.kind, listId, signal);
    for (const { item, existing, mark } of inDoubt) {
      if (lostResult(item) !== null || isMadeItem(item)) continue;
      const raws = existing === null ? await this.#marked(listId, mark, signal) : [await this.#copy(existing.id, signal)];
      const unfinished = existing === null && (mayLack(list, there, item.ref as ItemRef) || lacksItsType(list.list, contentTypes, item.ref as ItemRef));
      found.set(item.key, raws.flatMap((raw) => (raw === null ? [] : [{ ...refOf(listId, raw), ...(unfinished ? { unfinished } : {}) }])));
    }
    return found;
  }

  async *transfer(batch: readonly TransferItem[], dest: DestContainer, container: Container, signal: AbortSignal): AsyncGenerator<ItemResult> {
    const list = container.ref as SourceList;
    const [, listId] = destParts(dest.id);
    const prepared = await this.#prepare(list, container.kind, listId, signal);
    yield* transferEach(batch, this.deps, (entry) => (container.kind === linksKind ? this.#link(list, prepared, entry, signal) : this.#write(list, prepared, entry, signal)));
  }

  async foresee(batch: readonly TransferItem[], container: Container): Promise<ForeseenResult[]> {
    const { columns } = container.ref as SourceList;
    const foreseen: ForeseenResult[] = [];
    for (const { item } of batch) {
      const lost = lostResult(item);
      if (lost !== null) foreseen.push(lost);
      else if (isMadeItem(item)) continue;
      else if (container.kind === kind && (await this.#lacksSomebody(columns, item))) foreseen.push({ key: item.key, outcome: 'failed', failure: 'PERSON_NOT_AT_DESTINATION', ...noWords });
    }
    return foreseen;
  }

  async #lacksSomebody(columns: readonly Column[], { ref }: SourceItem): Promise<boolean> {
    for (const column of columns) if (column.kind === 'person' && (await this.deps.people.carry(column, (ref as ItemRef).fields)).missing) return true;
    return false;
  }

  async *read(side: Side, container: Container, dest: DestContainer, from: string | null, signal: AbortSignal): AsyncGenerator<FingerprintPage> {
    const list = container.ref as SourceList | null;
    const { source, destination } = this.deps;
    const findings = side === 'source' && from === null && list !== null ? await this.#lackedPrints(list, container, dest, signal) : [];
    if (container.kind === linksKind) {
      // Compared with the items of the list itself.
      yield { prints: findings, checkpoint: '', complete: true };
      return;
    }
    if (side === 'source' && list !== null) {
      for await (const { value, checkpoint, complete } of listedItems(source, list.list.id, list.columns, from, signal)) {
        const prints: Fingerprint[] = findings.splice(0);
        for (const raw of value) if (raw['deleted'] === undefined) for (const item of sourceItems(list, raw)) prints.push(printOf(item, list.columns, null, lostResult(item) === null ? await this.#peopleText(side, list.columns, item) : ''));
        yield { prints, checkpoint, complete };
      }
      return;
    }
    const [, listId] = destParts(dest.id);
    const columns = list?.columns ?? [];
    for await (const { value, checkpoint, complete } of presentItems(destination, listId, columns, from, signal, [markColumn])) {
      const prints: Fingerprint[] = [];
      for (const raw of value) {
        const fields = objectOf(raw['fields']) ?? {};
        const ref = refOf(listId, raw);
        const item: SourceItem = { key: ref.id, version: ref.version, sizeBytes: 0, kind: 'listItem', at: null, matchKey: null, ref: { fields, contentType: textOf(objectOf(raw['contentType'])?.['name']) } satisfies ItemRef };
        prints.push(printOf(item, columns, textOf(fields[markColumn]), await this.#peopleText(side, columns, item)));
      }
      yield { prints, checkpoint, complete };
    }
  }

  /** Columns and content types: what the destination does not take, and for what a pass before told of, that it may be there now. */
  async #madeItems(list: SourceList, containerKind: string, signal: AbortSignal): Promise<SourceItem[]> {
    const { source, destination, unit } = this.deps;
    if (unit.dryRun) return [];
    const sure = this.#counterparts.get(list.list.id);
    if (sure !== undefined) {
      const { made, refused } = await this.#prepare(list, containerKind, sure, signal);
      return made.map((part) => madePart(part, refused.has(part.key)));
    }
    // The engine knows where its copies are; until it says so, a list that has the title by now is only looked at.
    const columns = preparedColumns(list, containerKind);
    const lacked = new Set((await lackedColumns(destination, await this.counterpartOf(list.list.id), columns, columnKind, signal)).map(({ key }) => key));
    const types = list.list.contentTypes && containerKind === kind ? madeTypes(await source.all(source.list(list.list.id, '/contentTypes'), signal)) : [];
    return [...madeColumns(columns, columnKind), ...types].map((part) => madePart(part, lacked.has(part.key)));
  }

  /** Columns that are not carried, and those that the destination has not taken. */
  async #lackedPrints(list: SourceList, container: Container, dest: DestContainer, signal: AbortSignal): Promise<Fingerprint[]> {
    const lacked = await lackedColumns(this.deps.destination, destParts(dest.id)[1], preparedColumns(list, container.kind), columnKind, signal);
    return [...(container.kind === kind ? lostColumns(list) : []), ...lacked.map((part) => madePart(part, true))].map((item) => printOf(item, [], null, ''));
  }

  /** Whom the columns of an item name, as the destination knows them. */
  async #peopleText(side: Side, columns: readonly Column[], { ref }: SourceItem): Promise<string> {
    const { people } = this.deps;
    const { fields } = ref as ItemRef;
    const values: [string, (string | null)[]][] = [];
    for (const column of columns) if (column.kind === 'person') values.push([column.name, side === 'source' ? await people.wanted(column, fields) : await people.named(column, fields)]);
    return JSON.stringify(values.filter(([, names]) => names.length > 0).sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  async *copies(dest: DestContainer, signal: AbortSignal): AsyncGenerator<DestCopy> {
    const { destination } = this.deps;
    const [containerKind, listId] = destParts(dest.id);
    // What points at others goes with the item that it is of.
    if (containerKind === linksKind) return;
    try {
      for await (const { value } of destination.port.pages<Raw>(destination.list(listId, '/items'), destination.options(signal, { query: { $select: `${itemSelect},createdBy`, $expand: `fields($select=${markColumn})` } }))) {
        for (const raw of value) if (onlyBy(raw, destination.port.appId)) yield { dest: refOf(listId, raw), matchKey: null, mark: textOf(objectOf(raw['fields'])?.[markColumn]), whole: true };
      }
    } catch (error) {
      // A list that is gone holds no copies.
      if (!(error instanceof GraphRequestError) || error.kind !== 'not_found') throw error instanceof GraphRequestError ? unitErrorOf(error, 'dest') : error;
    }
  }

  async *remove(copies: readonly DestRef[], _dest: DestContainer, signal: AbortSignal): AsyncGenerator<RemovalResult> {
    const { destination } = this.deps;
    for (const copy of copies) {
      // A column stays with its list.
      const raw = isMadeCopy(copy.id) ? null : await this.#copy(copy.id, signal);
      if (raw === null) yield { id: copy.id, outcome: 'none' };
      else if (touchedBy(raw) !== copy.version) yield { id: copy.id, outcome: 'changed' };
      else yield { id: copy.id, outcome: await orEndUnit('dest', () => removeItem(destination, copy.id, textOf(raw['eTag']) ?? '', signal)) };
    }
  }

  async #write({ list, columns, lookups, late }: SourceList, { id, columns: there, contentTypes, refused }: DestList, entry: TransferItem, signal: AbortSignal): Promise<ItemResult> {
    const { item, existing, mark, referred = [] } = entry;
    const known = lostResult(item) ?? madeResult(item, refused, id);
    if (known !== null) return known;
    const { destination } = this.deps;
    const ref = item.ref as ItemRef;
    const usable = columns.filter(({ name }) => there.has(name));
    const lacking = lacksValue(inTime({ columns, late }), there, ref.fields);
    let lacksType = lacksItsType(list, contentTypes, ref);
    const fields: Raw = plainFields(usable, ref.fields, existing !== null);
    let someMissing = false;
    for (const column of usable) {
      if (column.kind !== 'person') continue;
      const { ids, missing } = await this.deps.people.carry(column, ref.fields);
      someMissing ||= missing;
      Object.assign(fields, pointingFields(column, ids, existing !== null));
    }
    const ids = referred.map((copy) => itemIdOf(copy.id));
    for (const column of lookups) {
      const own = ids.splice(0, pointedAt(column, ref.fields).length);
      if (there.has(column.name)) Object.assign(fields, pointingFields(column, own, existing !== null));
    }
    const result = (dest: DestRef): ItemResult => {
      if (someMissing) return { key: item.key, outcome: 'failed', failure: 'PERSON_NOT_AT_DESTINATION', dest, ...noWords };
      if (lacking || lacksType) return { key: item.key, outcome: 'skipped', cause: lacking ? 'VALUES_NOT_CARRIED' : 'CONTENT_TYPE_NOT_CARRIED', dest, ...noWords };
      return { key: item.key, outcome: existing === null ? 'copied' : 'updated', dest, bytes: item.sizeBytes };
    };
    if (existing !== null) {
      const copy = await this.#update(id, existing, fields, signal);
      // It keeps the content type that it was made with.
      lacksType = list.contentTypes && ref.contentType !== null && foldTitle(copy.contentType) !== foldTitle(ref.contentType);
      return result(existing);
    }
    const type = ref.contentType === null ? undefined : contentTypes.get(foldTitle(ref.contentType));
    const made = await destination.port.post<Raw>(destination.list(id, '/items'), { fields: { ...fields, [markColumn]: mark }, ...(type === undefined ? {} : { contentType: { id: type } }) }, destination.options(signal));
    return result(refOf(id, made));
  }

  /** Values that point at items which came later than theirs. */
  async #link({ late }: SourceList, { id, columns: there, refused }: DestList, { item, referred = [], existing }: TransferItem, signal: AbortSignal): Promise<ItemResult> {
    const made = madeResult(item, refused, id);
    if (made !== null) return made;
    const [own, ...others] = referred;
    if (own === undefined) throw new Error('what points at others has no copy of its own');
    const ids = others.map((copy) => itemIdOf(copy.id));
    const fields: Raw = {};
    for (const column of late) {
      const pointed = ids.splice(0, pointedAt(column, (item.ref as ItemRef).fields).length);
      if (there.has(column.name)) Object.assign(fields, pointingFields(column, pointed, true));
    }
    await this.#update(id, own, fields, signal);
    const dest = { id: `${own.id}#links`, version: own.version };
    if (lacksValue(late, there, (item.ref as ItemRef).fields)) return { key: item.key, outcome: 'skipped', cause: 'VALUES_NOT_CARRIED', dest, ...noWords };
    return { key: item.key, outcome: existing === null ? 'copied' : 'updated', dest, bytes: item.sizeBytes };
  }

  /** Only while nobody else has touched the copy. */
  async #update(listId: string, copy: DestRef, fields: Raw, signal: AbortSignal): Promise<{ contentType: string }> {
    const { destination } = this.deps;
    const now = await this.#copy(copy.id, signal);
    if (now === null || touchedBy(now) !== copy.version) throw endSkipped('DEST_ITEM_CHANGED');
    const headers = { 'If-Match': textOf(now['eTag']) ?? '*' };
    if (Object.keys(fields).length > 0) await destination.port.patch<Raw>(destination.list(listId, `/items/${itemIdOf(copy.id)}/fields`), fields, destination.options(signal, { headers }));
    return { contentType: textOf(objectOf(now['contentType'])?.['name']) ?? '' };
  }

  /** A copy as it is now; null when it is gone. */
  async #copy(id: string, signal: AbortSignal): Promise<Raw | null> {
    const { destination } = this.deps;
    try {
      return await destination.port.get<Raw>(itemPath(destination, id), destination.options(signal, { units: 1, query: { $select: itemSelect } }));
    } catch (error) {
      if (error instanceof GraphRequestError && error.kind === 'not_found') return null;
      throw error;
    }
  }

  async #marked(listId: string, mark: string, signal: AbortSignal): Promise<Raw[]> {
    const { destination } = this.deps;
    const path = destination.list(listId, '/items');
    const query = { $select: itemSelect, $expand: `fields($select=${markColumn})` };
    const marked: Raw[] = [];
    await orEndUnit('dest', async () => {
      try {
        for await (const { value } of destination.port.pages<Raw>(path, destination.options(signal, { query: { ...query, $filter: `fields/${markColumn} eq '${mark}'` } }))) marked.push(...value);
      } catch (error) {
        // A large list that took the column without an index is gone through from its beginning.
        if (!(error instanceof GraphRequestError) || error.kind !== 'bad_request') throw error;
        marked.length = 0;
        for await (const { value } of destination.port.pages<Raw>(path, destination.options(signal, { query }))) marked.push(...value.filter((raw) => objectOf(raw['fields'])?.[markColumn] === mark));
      }
    });
    return marked;
  }

  /** Once a run: what the list lacks is made. */
  #prepare(list: SourceList, container: string, listId: string, signal: AbortSignal): Promise<DestList> {
    const key = `${container} ${listId}`;
    let prepared = this.#prepared.get(key);
    if (prepared === undefined) {
      prepared = this.#prepareNow(list, container, listId, signal);
      this.#prepared.set(key, prepared);
      prepared.catch(() => this.#prepared.delete(key));
    }
    return prepared;
  }

  async #prepareNow(list: SourceList, container: string, listId: string, signal: AbortSignal): Promise<DestList> {
    this.#counterparts.set(list.list.id, listId);
    const columns = preparedColumns(list, container);
    const targets = new Map<string, string>();
    for (const { target } of columns) if (target !== null) targets.set(target.listId, await this.counterpartOf(target.listId));
    return await prepareList(this.deps.source, this.deps.destination, { list: { ...list.list, contentTypes: list.list.contentTypes && container === kind }, marked: true, columnKind }, columns, listId, new Map([...targets].filter(([, id]) => id !== '')), signal);
  }

  /** The lists that are copied. Throws UnitError. */
  lists(): Promise<SourceList[]> {
    return this.#sourceLists();
  }

  /** Id of a list's counterpart; empty when there is none. Of a list that was made sure of in a run before: the one of its title. */
  async counterpartOf(sourceListId: string): Promise<string> {
    const known = this.#counterparts.get(sourceListId);
    if (known !== undefined) return known;
    const title = (await this.#sourceLists()).find(({ list }) => list.id === sourceListId)?.list.displayName ?? '';
    return (await this.#destLists()).find(({ displayName }) => foldTitle(displayName) === foldTitle(title))?.id ?? '';
  }
}

const lostColumns = ({ columns }: SourceList): SourceItem[] => columns.filter((column) => column.kind === 'lost').map(({ id }) => lostPart(`column:${id}`, columnKind, 'COLUMN_NOT_CARRIED'));

/** What points at others, of an item: only where there is something, or may have been. */
function linkItems({ list, late }: SourceList, raw: Raw, mayHaveBeen: boolean): SourceItem[] {
  const fields = objectOf(raw['fields']) ?? {};
  const key = textOf(raw['id']) ?? '';
  const targets = late.flatMap((column) => pointedAt(column, fields).map((id) => ({ container: column.target?.listId ?? list.id, key: id })));
  if (targets.length === 0 && !mayHaveBeen) return [];
  return [{ key, version: textOf(raw['eTag']) ?? '', sizeBytes: 0, kind: linksKind, at: textOf(raw['lastModifiedDateTime']), matchKey: null, refersTo: [{ container: list.id, key }, ...targets], ref: { fields, contentType: null } satisfies ItemRef }];
}

/** Columns whose values are written with the item. */
const inTime = ({ columns, late }: Pick<SourceList, 'columns' | 'late'>): Column[] => columns.filter((column) => !late.includes(column));

/** Columns that are made for the containers of one kind. */
const preparedColumns = (list: SourceList, containerKind: string): readonly Column[] => (containerKind === linksKind ? list.late : inTime(list));

/** What it lacks, if anything, is found out when it is written once more. */
const mayLack = (list: SourceList, there: ReadonlySet<string>, { fields }: ItemRef): boolean => lacksValue(inTime(list), there, fields) || list.columns.some((column) => column.kind === 'person' && pointedAt(column, fields).length > 0);

/** A new copy cannot be of its content type. */
const lacksItsType = (list: SiteList, types: ReadonlyMap<string, string>, { contentType }: ItemRef): boolean => list.contentTypes && contentType !== null && !types.has(foldTitle(contentType));

const refOf = (listId: string, raw: Raw): DestRef => ({ id: `${listId}/${textOf(raw['id']) ?? ''}`, version: touchedBy(raw) });
/** Of a copy's id, its number in its list. */
const itemIdOf = (id: string): string => id.slice(id.indexOf('/') + 1).replace(/#links$/, '');
const itemPath = (site: Site, id: string): string => site.list(id.slice(0, id.indexOf('/')), `/items/${itemIdOf(id)}`);

async function removeItem(site: Site, id: string, eTag: string, signal: AbortSignal): Promise<RemovalResult['outcome']> {
  try {
    await site.port.delete(itemPath(site, id), site.options(signal, { repeatable: true, headers: { 'If-Match': eTag } }));
  } catch (error) {
    if (!(error instanceof GraphRequestError)) throw error;
    if (error.kind === 'precondition') return 'changed';
    if (error.kind !== 'not_found') throw error;
  }
  return 'removed';
}

function printOf(item: SourceItem, columns: readonly Column[], mark: string | null, people: string): Fingerprint {
  const lost = lostResult(item) !== null || isMadeItem(item);
  const { fields = {}, contentType = null } = lost ? {} : (item.ref as ItemRef);
  const values: Record<string, string> = lost ? {} : { title: textOf(fields['Title']) ?? '', values: valuesText(columns, fields), lookups: lookupsText(columns, fields), people, contentType: contentType ?? '' };
  return { part: 'item', key: null, join: null, mark, likeness: null, id: item.key, version: item.version, kind: item.kind, sizeBytes: item.sizeBytes, at: item.at, content: 'here', fields: values, lesser: values, ownersChoice: false };
}

