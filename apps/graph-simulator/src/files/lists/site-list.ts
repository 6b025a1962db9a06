/** One list of a site: what it is called, its columns and content types, and its items. */
import { GraphFault } from '../../http/route.js';
import type { Library } from '../file-store.js';
import type { Column } from './column.js';
import type { ContentType } from './content-type.js';
import type { Rows } from './row.js';

/** More indexes than a list takes. */
const indexesMax = 20;

export interface ListParts {
  readonly id: string;
  /** The end of its address. */
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly template: string;
  /** SharePoint's own: shown to those alone who select `system`. */
  readonly system: boolean;
  readonly hidden: boolean;
  readonly createdAt: string;
  readonly columns: Column[];
  readonly contentTypes: ContentType[];
  /** The files behind it; null for a list of items. */
  readonly library: Library | null;
}

export class SiteList {
  contentTypesEnabled = false;

  constructor(
    readonly parts: ListParts,
    readonly rows: Rows,
  ) {}

  get id(): string {
    return this.parts.id;
  }

  get library(): Library | null {
    return this.parts.library;
  }

  get columns(): readonly Column[] {
    return this.parts.columns;
  }

  get contentTypes(): ContentType[] {
    return this.parts.contentTypes;
  }

  /** By its internal name. */
  column(name: string): Column | undefined {
    return this.parts.columns.find((each) => each.name === name);
  }

  contentType(id: string): ContentType | undefined {
    return this.parts.contentTypes.find((each) => each.id === id);
  }

  /** Throws GraphFault 409 for a name that is taken. */
  addColumn(column: Column): void {
    const taken = (name: string): boolean => this.parts.columns.some((each) => each.name.toLowerCase() === name.toLowerCase());
    if (taken(column.name)) throw new GraphFault(409, 'nameAlreadyExists', `A column with the name '${column.name}' already exists.`);
    this.parts.columns.push(column);
    try {
      this.checkIndexes();
    } catch (error) {
      this.parts.columns.pop();
      throw error;
    }
  }

  removeColumn(column: Column): void {
    this.parts.columns.splice(this.parts.columns.indexOf(column), 1);
  }

  /** Throws GraphFault 400 for more indexes than a list takes. */
  checkIndexes(): void {
    if (this.parts.columns.filter((each) => each.indexed && each.isDeletable).length > indexesMax) throw new GraphFault(400, 'invalidRequest', `A list can have no more than ${String(indexesMax)} indexes.`);
  }
}
