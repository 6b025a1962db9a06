/** Site pages. Graph lists them whole each time and makes them anew; an owner's page of the same name stays, and ours gets a name beside it. */
import { hash } from 'node:crypto';
import { GraphRequestError } from '@migrator/graph-client';
import type { Logger } from '@migrator/service-kit/logger';
import { objectOf, ownersVersion, textOf, type Raw } from '../../drive/drive-item.js';
import { during, endSkipped } from '../../drive/errors.js';
import { foldName, nameBeside, namesMeant } from '../../drive/names.js';
import { listingError } from '../../delta-pages.js';
import { orEndUnit } from '../../graph-errors.js';
import { transferEach } from '../../transfer-each.js';
import type { Candidate, Container, DestContainer, DestCopy, DestRef, Fingerprint, FingerprintPage, ForeseenResult, ItemResult, Page, People, RemovalResult, Side, SourceItem, TransferItem, UnitScope } from '../../workload.js';
import { lostPart, lostResult } from '../lost-part.js';
import { destId, once, type SitePart } from '../site-part.js';
import type { Site } from '../site.js';
import { madeByProgram, onlyBy, touchedBy } from '../touched-by.js';
import { canvasBody, canvasText, lostWebParts, partsNamingFiles, partsNamingPeople, replaced, type Counterparts, type Replacements } from './canvas.js';

const kind = 'pages';
const cast = 'microsoft.graph.sitePage';
const pageSelect = 'id,name,title,eTag,pageLayout,promotionKind,publishingState,lastModifiedDateTime,lastModifiedBy,createdBy';

export interface PagePartDeps {
  readonly log: Logger;
  readonly unit: Pick<UnitScope, 'dryRun'>;
  readonly source: Site;
  readonly destination: Site;
  readonly people: People;
  /** Keys of the containers whose counterparts pages may name, and ids of the source with those of their counterparts, as far as these are there. */
  readonly named: { containers(): Promise<string[]>; ids(): Promise<Replacements> };
}

interface PageRef {
  /** The page with its layout. */
  readonly page: Raw;
  readonly people: Counterparts;
}

export class PagePart implements SitePart {
  readonly kinds = [kind];
  readonly #replacements: () => Promise<Replacements>;

  constructor(private readonly deps: PagePartDeps) {
    const [, sourceCollection = '', sourceWeb = ''] = deps.source.id.split(',');
    const [, destCollection = '', destWeb = ''] = deps.destination.id.split(',');
    const ofSite: Replacements = [[deps.source.webUrl, deps.destination.webUrl], [sourceCollection, destCollection], [sourceWeb, destWeb]];
    this.#replacements = once(async () => [...ofSite, ...(await deps.named.ids())]);
  }

  async *containers(): AsyncGenerator<Container> {
    yield { key: kind, path: 'Site Pages', kind, parentKey: null, itemCount: null, listsAll: true, after: await this.deps.named.containers(), ref: null };
  }

  async *destContainers(): AsyncGenerator<Container> {
    // There is one place for pages, and it is known.
  }

  ensure(): Promise<DestContainer> {
    return Promise.resolve({ id: destId(kind), exists: true });
  }

  async *pages(_container: Container, _from: string | null, signal: AbortSignal): AsyncGenerator<Page> {
    const { source, people } = this.deps;
    for await (const { value, complete } of listPages(source, signal)) {
      const items: SourceItem[] = [];
      for (const raw of value) items.push(...(await sourceItems(await withLayout(source, raw, signal), people)));
      yield { items, removed: [], checkpoint: kind, complete };
    }
  }

  async find(inDoubt: readonly TransferItem[], _dest: DestContainer, _container: Container, signal: AbortSignal): Promise<Map<string, Candidate[]>> {
    const found = new Map<string, Candidate[]>();
    const there: Raw[] = [];
    for await (const { value } of listPages(this.deps.destination, signal)) there.push(...value);
    for (const { item, existing, mark } of inDoubt.filter(({ item }) => lostResult(item) === null)) {
      const names = namesOf(item, mark).map(foldName);
      const copies = there.filter((raw) => (existing === null ? madeByProgram(raw) && names.includes(foldName(nameOf(raw))) : raw['id'] === existing.id));
      // A page is made first, and published afterwards.
      const published = isPublished((item.ref as PageRef).page);
      found.set(item.key, copies.map((raw) => ({ ...refOf(raw), unfinished: published && !isPublished(raw) })));
    }
    return found;
  }

  async *transfer(batch: readonly TransferItem[], _dest: DestContainer, _container: Container, signal: AbortSignal): AsyncGenerator<ItemResult> {
    yield* transferEach(batch, this.deps, (entry) => this.#write(entry, signal));
  }

  foresee(batch: readonly TransferItem[]): Promise<ForeseenResult[]> {
    return Promise.resolve(batch.flatMap(({ item }) => lostResult(item) ?? []));
  }

  async *read(side: Side, _container: Container, _dest: DestContainer, _from: string | null, signal: AbortSignal): AsyncGenerator<FingerprintPage> {
    const site = side === 'source' ? this.deps.source : this.deps.destination;
    const all: Raw[] = [];
    for await (const { value } of listPages(site, signal)) for (const raw of value) all.push(await withLayout(site, raw, signal));
    const replacements = await this.#replacements();
    const prints = side === 'source' ? [] : destPrints(all);
    if (side === 'source') for (const page of all) prints.push(...(await sourceItems(page, this.deps.people)).map((item) => sourcePrint(item, replacements)));
    yield { prints, checkpoint: kind, complete: true };
  }

  async *copies(_dest: DestContainer, signal: AbortSignal): AsyncGenerator<DestCopy> {
    const { destination } = this.deps;
    for await (const { value } of listPages(destination, signal)) {
      for (const raw of value) if (onlyBy(raw, destination.port.appId)) yield { dest: refOf(raw), matchKey: null, mark: null, named: namesMeant(nameOf(raw)).map(({ name, markStart }) => ({ matchKey: matchKeyOf(name), markStart })), whole: true };
    }
  }

  async *remove(copies: readonly DestRef[], _dest: DestContainer, signal: AbortSignal): AsyncGenerator<RemovalResult> {
    const { destination } = this.deps;
    for (const { id, version } of copies) {
      const now = await orEndUnit('dest', () => onePage(destination, id, signal));
      if (now === null) yield { id, outcome: 'none' };
      else if (version === ownersVersion || touchedBy(now) !== version) yield { id, outcome: 'changed' };
      else {
        await orEndUnit('dest', async () => {
          try {
            await destination.port.delete(destination.at(`/pages/${id}`), destination.options(signal, { repeatable: true }));
          } catch (error) {
            // A repeated request whose first answer was lost does not find it any more.
            if (!(error instanceof GraphRequestError) || error.kind !== 'not_found') throw error;
          }
        });
        yield { id, outcome: 'removed' };
      }
    }
  }

  async #write({ item, existing, mark }: TransferItem, signal: AbortSignal): Promise<ItemResult> {
    const lost = lostResult(item);
    if (lost !== null) return lost;
    const { destination } = this.deps;
    const { page, people } = item.ref as PageRef;
    const replacements = await this.#replacements();
    const content: Raw = { '@odata.type': `#${cast}`, title: textOf(page['title']) ?? '', ...restOf(page, replacements), canvasLayout: canvasBody(objectOf(page['canvasLayout']), replacements, people) };
    let id: string;
    if (existing === null) {
      const made = await this.#make(item, mark, content, signal);
      if (made.dest !== null) return { key: item.key, outcome: 'copied', dest: made.dest, bytes: 0 };
      id = made.id;
    } else {
      const now = await onePage(destination, existing.id, signal);
      if (now === null || touchedBy(now) !== existing.version) throw endSkipped('DEST_ITEM_CHANGED');
      await destination.port.patch<Raw>(destination.at(`/pages/${existing.id}/${cast}`), content, destination.options(signal));
      id = existing.id;
    }
    if (isPublished(page)) await destination.port.post<unknown>(destination.at(`/pages/${id}/${cast}/publish`), undefined, destination.options(signal, { repeatable: true }));
    const copy = await onePage(destination, id, signal);
    if (copy === null) throw endSkipped('DEST_ITEM_CHANGED');
    return { key: item.key, outcome: existing === null ? 'copied' : 'updated', dest: refOf(copy), bytes: item.sizeBytes };
  }

  /** A new page's id, or an owner's page that is as good as the copy: it is left as it is. */
  async #make(item: SourceItem, mark: string, content: Raw, signal: AbortSignal): Promise<{ id: string; dest: DestRef | null }> {
    const { destination } = this.deps;
    const { page } = item.ref as PageRef;
    const [name, beside] = namesOf(item, mark);
    const body = (given: string): Raw => ({ ...content, name: given, pageLayout: page['pageLayout'] === 'home' ? 'home' : 'article', promotionKind: page['promotionKind'] === 'newsPost' ? 'newsPost' : 'page' });
    const post = async (given: string): Promise<{ id: string; dest: null }> => ({ id: textOf((await destination.port.post<Raw>(destination.at('/pages'), body(given), destination.options(signal)))['id']) ?? '', dest: null });
    try {
      return await post(name);
    } catch (error) {
      if (!(error instanceof GraphRequestError) || error.kind !== 'conflict') throw error;
      const own = await this.#named(name, signal);
      const equal = own !== null && textOf(own['title']) === textOf(page['title']) && canvasText(objectOf(own['canvasLayout']) ?? {}) === canvasText(objectOf(content['canvasLayout']) ?? {});
      return equal ? { id: '', dest: { id: textOf(own['id']) ?? '', version: ownersVersion } } : await post(beside);
    }
  }

  async #named(name: string, signal: AbortSignal): Promise<Raw | null> {
    const { destination } = this.deps;
    for await (const { value } of listPages(destination, signal)) for (const raw of value) if (foldName(nameOf(raw)) === foldName(name)) return await onePage(destination, textOf(raw['id']) ?? '', signal);
    return null;
  }
}

/** Throws CheckpointExpired, ContainerGone, UnitError. */
async function* listPages(site: Site, signal: AbortSignal): AsyncGenerator<{ value: Raw[]; complete: boolean }> {
  if (!site.exists) {
    yield { value: [], complete: true };
    return;
  }
  try {
    for await (const { value, nextLink } of site.port.pages<Raw>(site.at(`/pages/${cast}`), site.options(signal, { query: { $select: pageSelect } }))) yield { value, complete: nextLink === null };
  } catch (error) {
    throw listingError(error, site.side);
  }
}

/** A page that vanished meanwhile comes without its layout: the next listing does not show it. */
async function withLayout(site: Site, raw: Raw, signal: AbortSignal): Promise<Raw> {
  return (await during(site.side === 'source' ? 'read' : 'write', () => onePage(site, textOf(raw['id']) ?? '', signal))) ?? raw;
}

/** Null when it is gone. Throws GraphRequestError. */
async function onePage(site: Site, id: string, signal: AbortSignal): Promise<Raw | null> {
  try {
    return await site.port.get<Raw>(site.at(`/pages/${id}/${cast}`), site.options(signal, { units: 1, query: { $expand: 'canvasLayout' } }));
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'not_found') return null;
    throw error;
  }
}

async function sourceItems(page: Raw, people: People): Promise<SourceItem[]> {
  const key = textOf(page['id']) ?? '';
  const canvas = objectOf(page['canvasLayout']);
  const naming = partsNamingPeople(canvas);
  const known = naming.length === 0 ? null : await people.find([...new Set(naming.flatMap(({ addresses }) => addresses))]);
  const counterparts: Counterparts = new Map([...(known ?? [])].flatMap(([address, { dest }]): [string, string][] => (dest === null ? [] : [[address, dest.name]])));
  const unknown = naming.filter(({ addresses }) => addresses.some((address) => known?.get(address)?.dest == null && known?.get(address)?.how !== 'excluded'));
  const eTag = textOf(page['eTag']) ?? '';
  // Whoever gets a counterpart later is named by it then.
  const version = known === null ? eTag : `${eTag}\n${hash('sha256', JSON.stringify([...counterparts].sort()), 'base64url')}`;
  const item: SourceItem = { key, version, sizeBytes: Buffer.byteLength(JSON.stringify(page)), kind: 'page', at: textOf(page['lastModifiedDateTime']), matchKey: matchKeyOf(nameOf(page)), ref: { page, people: counterparts } satisfies PageRef };
  return [
    item,
    ...lostWebParts(canvas).map((type, at) => lostPart(`${key}:${at}:${type}`, 'webPart', 'WEB_PART_NOT_CARRIED', version)),
    ...partsNamingFiles(canvas).map((type, at) => lostPart(`${key}:file:${at}:${type}`, 'webPart', 'WEB_PART_NAMES_FILE', version)),
    ...unknown.map(({ type }, at) => lostPart(`${key}:person:${at}:${type}`, 'webPart', 'WEB_PART_NAMES_PERSON', version)),
  ];
}

/** The name it gets, and the one it gets when that is taken. */
function namesOf({ ref }: SourceItem, mark: string): [string, string] {
  const name = textOf((ref as PageRef).page['name']) ?? 'page.aspx';
  return [name, nameBeside(name, mark)];
}

const refOf = (raw: Raw): DestRef => ({ id: textOf(raw['id']) ?? '', version: touchedBy(raw) });
const nameOf = (page: Raw): string => textOf(page['name']) ?? '';
const matchKeyOf = (name: string): string => `page\n${foldName(name)}`;
const isPublished = (page: Raw): boolean => textOf(objectOf(page['publishingState'])?.['level']) === 'published';

/** What a page says of itself besides its title and its parts. */
function restOf(page: Raw, replacements: Replacements): Raw {
  const rest: Raw = {};
  if (typeof page['description'] === 'string') rest['description'] = page['description'];
  for (const key of ['showComments', 'showRecommendedPages'] as const) if (typeof page[key] === 'boolean') rest[key] = page[key];
  if (typeof page['thumbnailWebUrl'] === 'string') rest['thumbnailWebUrl'] = replaced(page['thumbnailWebUrl'], replacements);
  const area = objectOf(page['titleArea']);
  const kept = ['alternativeText', 'enableGradientEffect', 'imageWebUrl', 'layout', 'showAuthor', 'showPublishedDate', 'showTextBlockAboveTitle', 'textAboveTitle', 'textAlignment'].flatMap((key): [string, unknown][] => {
    const value = area?.[key];
    return value === null || value === undefined ? [] : [[key, typeof value === 'string' ? replaced(value, replacements) : value]];
  });
  return kept.length === 0 ? rest : { ...rest, titleArea: Object.fromEntries(kept) };
}

function sourcePrint(item: SourceItem, replacements: Replacements): Fingerprint {
  if (lostResult(item) !== null) return { ...printOf(item.key, item.version, item.kind, null, {}), sizeBytes: 0 };
  const { page, people } = item.ref as PageRef;
  const fields = fieldsOf(page, canvasText(canvasBody(objectOf(page['canvasLayout']), replacements, people)));
  return { ...printOf(item.key, item.version, item.kind, foldName(nameOf(page)), fields), sizeBytes: item.sizeBytes, at: item.at, matchKey: item.matchKey ?? '' };
}

/** An owner's page beside which ours stands is theirs, whatever its name. */
function destPrints(pages: readonly Raw[]): Fingerprint[] {
  const plainName = (page: Raw): string => foldName(nameOf(page));
  const intended = (page: Raw): string => (madeByProgram(page) ? (namesMeant(plainName(page)).at(-1)?.name ?? '') : plainName(page));
  const taken = new Set(pages.filter((page) => intended(page) !== plainName(page)).map(intended));
  return pages.map((page) => {
    const own = taken.has(plainName(page));
    return { ...printOf(textOf(page['id']) ?? '', touchedBy(page), 'page', own ? `own ${plainName(page)}` : intended(page), fieldsOf(page, canvasText(objectOf(page['canvasLayout']) ?? {}))), matchKey: matchKeyOf(intended(page)) };
  });
}

const fieldsOf = (page: Raw, content: string): Record<string, string> => ({ title: textOf(page['title']) ?? '', content, published: String(isPublished(page)) });
const printOf = (id: string, version: string, itemKind: string, key: string | null, fields: Record<string, string>): Fingerprint => ({ part: 'item', key, join: null, mark: null, likeness: null, id, version, kind: itemKind, sizeBytes: 0, at: null, content: 'here', fields, lesser: fields, ownersChoice: false });
