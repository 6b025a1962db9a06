/** The lists of a site, made from its profile when they are first asked for, and those that applications add. */
import { GraphFault } from '../../http/route.js';
import { stableGuid } from '../../world/ids.js';
import type { SimTenant } from '../../world/tenant.js';
import type { Actor } from '../drives/item.js';
import { driveOf } from '../drives/site-drives.js';
import { freeUrlName, siteId, type Library, type Site } from '../file-store.js';
import { libraryColumns, listColumns, peopleColumns } from './built-in-columns.js';
import type { Column } from './column.js';
import { readNewColumn, type ColumnParts } from './column-input.js';
import { childId, copyFor, siteContentTypes, type ContentType } from './content-type.js';
import { LibraryRows } from './library-rows.js';
import { ListRows, type SeededRows } from './list-rows.js';
import { seededRows, seededValues, type SeededContext } from './seeded-values.js';
import { SiteList, type ListParts } from './site-list.js';
import { peopleOf, type SitePeople } from './site-people.js';
import { columnsOfEveryKind, parseSiteProfile, type ColumnProfile, type ListProfile, type SiteProfile } from './site-profile.js';

/** Lists and libraries that a site takes (graph/files.md 9). */
const listsMax = 2_000;

export class SiteLists {
  readonly people: SitePeople;
  /** Columns of the site itself. */
  readonly columns: Column[] = listColumns().filter(({ name }) => name === 'Title');
  readonly contentTypes: ContentType[] = siteContentTypes();
  readonly #lists = new Map<string, SiteList>();
  readonly #seededRows = new Map<string, SeededRows>();
  readonly profile: SiteProfile;
  readonly #people: number[];

  constructor(
    readonly tenant: SimTenant,
    readonly site: Site,
    private readonly now: () => string,
  ) {
    this.profile = parseSiteProfile(site.structure);
    this.people = peopleOf(tenant, site);
    this.#people = site.structure === null ? [] : tenant.users.slice(0, this.profile.people).map(({ id }) => this.people.ensure({ kind: 'user', id }));
    for (const { parent, ...type } of this.profile.contentTypes) {
      const base = this.contentTypes.find((each) => each.name === parent);
      if (base !== undefined) this.contentTypes.push({ ...type, id: childId(base.id, site.webId, type.name), parentId: base.id, isBuiltIn: false, hidden: false });
    }
    const libraries = site.libraries.map((library) => this.#addLibrary(library, this.profile.libraryColumns[library.displayName]));
    if (site.parent === null) this.#addPeople();
    // Lists first, their columns afterwards: lookups may lead to any of them.
    const made = this.profile.lists.map((profile) => this.#addSeeded(profile));
    for (const column of this.profile.columns) this.columns.push(this.#column(column, siteId(site), ''));
    for (const finish of [...libraries.map((each) => each.finish), ...made]) finish();
  }

  get all(): SiteList[] {
    return [...this.#lists.values()];
  }

  /** Who wrote what the site was made with, by turns. */
  get authors(): Actor[] {
    return this.#people.flatMap((number): Actor[] => {
      const principal = this.people.principal(number);
      return principal === undefined ? [] : [{ kind: 'user', id: principal.id }];
    });
  }

  /** By id or by title, as Graph takes both. */
  find(idOrTitle: string): SiteList | undefined {
    return this.#lists.get(idOrTitle.toLowerCase()) ?? this.all.find(({ parts }) => parts.displayName.toLowerCase() === idOrTitle.toLowerCase());
  }

  /** Of a library's item: what it is called, and how many bytes a file has. Null for one that is not there. */
  fileOf(list: SiteList, id: number): { name: string; bytes: number | null } | null {
    if (list.library === null) return null;
    const item = driveOf(this.tenant, list.library, this.now).item(id);
    return item === undefined ? null : { name: item.name, bytes: item.content?.size ?? null };
  }

  /** An empty list, as an application makes it. Throws GraphFault 409 for a title that is taken. */
  add({ displayName, description, template, columns }: { displayName: string; description: string; template: string; columns: readonly ColumnParts[] }): SiteList {
    if (this.find(displayName) !== undefined) throw new GraphFault(409, 'nameAlreadyExists', `The specified name '${displayName}' is already in use.`);
    if (this.#lists.size >= listsMax) throw new GraphFault(400, 'invalidRequest', `A site can have no more than ${String(listsMax)} lists.`);
    if (template === 'documentLibrary') {
      const library = this.tenant.files.addLibrary(this.site, { displayName, description }, this.now());
      const { list } = this.#addLibrary(library);
      try {
        for (const parts of columns) list.addColumn(this.#own(parts, list.id));
      } catch (error) {
        // Whole or not at all.
        this.site.libraries.splice(this.site.libraries.indexOf(library), 1);
        this.#lists.delete(list.id);
        throw error;
      }
      return list;
    }
    const name = this.#freeName(displayName);
    const id = stableGuid('list', this.site.webId, name);
    const list = new SiteList(this.#parts({ id, name, displayName, description, template, createdAt: this.now() }), new ListRows(id, null, this.now));
    for (const parts of columns) list.addColumn(this.#own(parts, id));
    return this.#enter(list);
  }

  /** A column that an application adds to a list, or (`list` null) to the site. Throws GraphFault. */
  addColumn(list: SiteList | null, parts: ColumnParts): Column {
    const column = this.#own(parts, list?.id ?? siteId(this.site));
    if (list !== null) list.addColumn(column);
    else if (this.columns.some((each) => each.name.toLowerCase() === column.name.toLowerCase())) throw new GraphFault(409, 'nameAlreadyExists', `A column with the name '${column.name}' already exists.`);
    else this.columns.push(column);
    return column;
  }

  /** A content type that an application adds to the site. Throws GraphFault 409 for a name that is taken. */
  addContentType({ name, description, group, baseId }: { name: string; description: string; group: string; baseId: string }): ContentType {
    if (this.contentTypes.some((each) => each.name.toLowerCase() === name.toLowerCase())) throw new GraphFault(409, 'nameAlreadyExists', `A content type with the name '${name}' already exists.`);
    if (!this.contentTypes.some(({ id }) => id === baseId)) throw new GraphFault(400, 'invalidRequest', 'The base content type does not exist in the site.');
    const type: ContentType = { id: childId(baseId, this.site.webId, name), name, description, group, parentId: baseId, isBuiltIn: false, hidden: false, columns: [] };
    this.contentTypes.push(type);
    return type;
  }

  /** Names of a content type's columns, those of its parents first. */
  columnsOf(type: ContentType): string[] {
    const parent = this.contentTypes.find(({ id }) => id === type.parentId);
    return [...new Set([...(parent === undefined ? [] : this.columnsOf(parent)), ...type.columns])];
  }

  /** A site's content type in a list, with the columns it brings. */
  copyContentType(list: SiteList, type: ContentType): ContentType {
    const copy = copyFor(list.id, type);
    if (list.contentTypes.some(({ id, name }) => id === copy.id || name === copy.name)) throw new GraphFault(409, 'nameAlreadyExists', `The content type '${type.name}' is in the list already.`);
    for (const name of this.columnsOf(type)) {
      const column = this.columns.find((each) => each.name === name);
      if (column !== undefined && list.column(name) === undefined) list.addColumn({ ...column });
    }
    list.contentTypes.push(copy);
    list.contentTypesEnabled = true;
    return copy;
  }

  #own(parts: ColumnParts, owner: string): Column {
    if (parts.kind === 'lookup') {
      const target = this.find(String(parts.facet['listId']));
      if (target?.column(String(parts.facet['columnName'])) === undefined) throw new GraphFault(400, 'invalidRequest', 'The list or the column of the lookup does not exist.');
    }
    return { ...parts, id: stableGuid('column', owner, parts.name), readOnly: parts.kind === 'calculated', isDeletable: true };
  }

  #freeName(title: string): string {
    return freeUrlName(title, (name) => this.all.some(({ parts }) => parts.name.toLowerCase() === name.toLowerCase()));
  }

  #parts({ columns = listColumns(), contentTypes, library = null, system = false, hidden = false, ...rest }: Pick<ListParts, 'id' | 'name' | 'displayName' | 'description' | 'template' | 'createdAt'> & Partial<ListParts>): ListParts {
    const [item] = this.contentTypes;
    return { ...rest, columns, contentTypes: contentTypes ?? (item === undefined ? [] : [copyFor(rest.id, item)]), library, system, hidden };
  }

  #enter(list: SiteList): SiteList {
    this.#lists.set(list.id, list);
    return list;
  }

  #addLibrary(library: Library, columns: readonly ColumnProfile[] = []): { list: SiteList; finish: () => void } {
    const id = library.listId;
    const types = ['Document', 'Folder'].flatMap((name) => this.contentTypes.filter((each) => each.name === name)).map((each) => copyFor(id, each));
    const drive = driveOf(this.tenant, library, this.now);
    const made: Column[] = [];
    const context = this.#context();
    const rows = new LibraryRows(drive, { document: types[0]?.id ?? '', folder: types[1]?.id ?? '' }, (key) => (made.length === 0 || key > drive.seededLast ? {} : seededValues(made, { seed: id, emptyEvery: 3 }, key, context)));
    const parts = this.#parts({ id, name: library.name, displayName: library.displayName, description: library.description, template: this.site.ownerId === null ? 'documentLibrary' : 'mySiteDocumentLibrary', createdAt: library.createdDateTime, columns: libraryColumns(), contentTypes: types, library, system: library.system });
    const list = this.#enter(new SiteList(parts, rows));
    return {
      list,
      finish: () => {
        for (const column of columns) {
          const one = this.#column(column, id, id);
          list.addColumn(one);
          made.push(one);
        }
      },
    };
  }

  /** One list for the whole site collection, at its root. */
  #addPeople(): void {
    const { site } = this;
    const id = stableGuid('people', site.collectionId);
    const parts = this.#parts({ id, name: '_catalogs/users', displayName: 'User Information List', description: '', template: 'userInformationList', createdAt: site.createdDateTime, columns: peopleColumns(), system: true, hidden: true });
    this.#enter(new SiteList(parts, this.people));
  }

  #addSeeded(profile: ListProfile): () => void {
    const { displayName, description, template, system } = profile;
    const name = this.#freeName(displayName);
    const id = stableGuid('list', this.site.webId, name);
    const parts = this.#parts({ id, name, displayName, description, template, createdAt: this.site.createdDateTime, system, hidden: system });
    const seeded: Column[] = [...parts.columns];
    const { authors } = this;
    const rows = seededRows({ listId: id, profile, contentTypes: parts.contentTypes, columns: seeded, authors, context: this.#context() });
    this.#seededRows.set(id, rows);
    const list = this.#enter(new SiteList(parts, new ListRows(id, rows, this.now)));
    return () => {
      for (const column of [...profile.columns, ...(profile.everyKind ? columnsOfEveryKind : [])]) {
        const made = this.#column(column, id, id);
        list.addColumn(made);
        seeded.push(made);
      }
      const own = list.columns.length;
      for (const type of this.contentTypes.filter(({ name }) => profile.contentTypes.includes(name))) this.copyContentType(list, type);
      seeded.push(...list.columns.slice(own));
    };
  }

  #context(): SeededContext {
    return {
      people: this.#people,
      target: (listId, at) => {
        // What has been made or has gone since changes nobody else's value.
        const seeded = this.#seededRows.get(listId);
        if (seeded !== undefined) return seeded.count === 0 ? null : (nextOf(seeded, at % seeded.count) ?? nextOf(seeded, 0));
        const rows = this.#lists.get(listId)?.rows;
        return rows === undefined || rows.count === 0 ? null : (rows.nextId(at % rows.count) ?? rows.nextId(0));
      },
    };
  }

  /** A column of the profile. */
  #column(profile: ColumnProfile, owner: string, ownList: string): Column {
    if ('kind' in profile) {
      const { kind, name, displayName } = profile as { kind: Column['kind']; name: string; displayName?: string };
      return { id: stableGuid('column', owner, name), name, displayName: displayName ?? name, description: '', columnGroup: 'Custom Columns', required: false, indexed: false, enforceUniqueValues: false, hidden: false, readOnly: false, isDeletable: true, kind, facet: {}, defaultValue: null, validation: null };
    }
    const body = profile as Record<string, unknown>;
    const lookup = body['lookup'] as Record<string, unknown> | undefined;
    const target = lookup === undefined ? undefined : typeof lookup['listId'] === 'string' ? this.find(lookup['listId'])?.id : ownList;
    const parts = readNewColumn(lookup === undefined ? body : { ...body, lookup: { ...lookup, listId: target ?? '' } });
    return { ...parts, id: stableGuid('column', owner, parts.name), readOnly: parts.kind === 'calculated', isDeletable: true };
  }
}

const known = new WeakMap<Site, SiteLists>();

/** `now`: whole seconds, as SharePoint keeps time. Throws ZodError or GraphFault for a profile that does not fit. */
export function listsOf(tenant: SimTenant, site: Site, now: () => string): SiteLists {
  let lists = known.get(site);
  if (lists === undefined) known.set(site, (lists = new SiteLists(tenant, site, now)));
  return lists;
}

function nextOf({ last, has }: SeededRows, after: number): number | null {
  for (let id = after + 1; id <= last; id += 1) if (has(id)) return id;
  return null;
}
