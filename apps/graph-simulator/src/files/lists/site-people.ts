/**
 * The hidden User Information List of a site collection: people are known to a site by a number of its own, and only once they have
 * touched it or something in it was shared with them (graph/files.md 8.3).
 */
import { stableGuid } from '../../world/ids.js';
import type { SimTenant } from '../../world/tenant.js';
import { DeltaWalk } from '../delta-walk.js';
import { system } from '../drives/site-drives.js';
import { collectionOf, type Site } from '../file-store.js';
import type { Row, Rows } from './row.js';

export interface Principal {
  readonly kind: 'user' | 'group';
  readonly id: string;
}

const systemAccount = 1_073_741_823;

export class SitePeople implements Rows {
  readonly removed: readonly Row[] = [];
  readonly add = null;
  readonly delta: DeltaWalk<Row>;
  readonly #byId = new Map<number, Principal>();
  readonly #ids = new Map<string, number>();
  #last: number;

  constructor(
    private readonly tenant: SimTenant,
    private readonly site: Site,
    private readonly contentTypeId: string,
  ) {
    this.delta = new DeltaWalk(`people ${site.collectionId}`, this, ({ id }) => id);
    // SharePoint's own accounts come first; no two sites count alike.
    this.#last = 5 + (parseInt(site.collectionId.slice(0, 4), 16) % 20);
  }

  get count(): number {
    return this.#byId.size + 1;
  }

  /** The number of somebody in this site, given if there is none yet. */
  ensure(principal: Principal): number {
    const known = this.#ids.get(principal.id);
    if (known !== undefined) return known;
    this.#last += 1;
    this.#byId.set(this.#last, principal);
    this.#ids.set(principal.id, this.#last);
    this.delta.log.record(this.#last, 'upsert');
    return this.#last;
  }

  /** Null for somebody the site does not know. */
  idOf(principalId: string): number | null {
    return this.#ids.get(principalId) ?? null;
  }

  principal(id: number): Principal | undefined {
    return this.#byId.get(id);
  }

  /** The names that a value of a person column shows. */
  names(id: number): { title: string; email: string | null } {
    const values = this.item(id)?.values ?? {};
    return { title: String(values['Title'] ?? ''), email: typeof values['EMail'] === 'string' ? values['EMail'] : null };
  }

  item(id: number): Row | undefined {
    if (id === systemAccount) return this.#row(id, { Title: 'System Account', Name: 'SHAREPOINT\\system' });
    const principal = this.#byId.get(id);
    if (principal === undefined) return undefined;
    if (principal.kind === 'group') {
      const group = this.tenant.groups.find((each) => each.id === principal.id);
      return this.#row(id, { Title: group?.displayName ?? '', Name: `c:0t.c|tenant|${principal.id}`, ...(group?.mail == null ? {} : { EMail: group.mail }) });
    }
    const user = this.tenant.findUser(principal.id);
    // Somebody who has left stays in the list by what he was called last; the simulator knows him no more.
    return this.#row(id, user === undefined ? { Title: '', Name: '' } : { Title: user.displayName, Name: `i:0#.f|membership|${user.userPrincipalName}`, UserName: user.userPrincipalName, ...(user.mail === null ? {} : { EMail: user.mail }) });
  }

  *items(after: number): Generator<Row> {
    for (const id of [...this.#byId.keys(), systemAccount]) {
      const row = id > after ? this.item(id) : undefined;
      if (row !== undefined) yield row;
    }
  }

  nextId(after: number): number | null {
    return [...this.#byId.keys(), systemAccount].find((id) => id > after) ?? null;
  }

  change(): Row {
    throw new Error('Nobody writes to the list of people');
  }

  remove(): void {
    throw new Error('Nobody writes to the list of people');
  }

  #row(id: number, values: Row['values']): Row {
    const at = this.site.createdDateTime;
    return { id, guid: stableGuid('person', this.site.collectionId, String(id)), contentTypeId: this.contentTypeId, values, createdAt: at, modifiedAt: at, createdBy: system, modifiedBy: system, version: 1, changes: 1, earlier: [], hasAttachments: false };
  }
}

const people = new WeakMap<Site, SitePeople>();

/** One list for a site and all below it. */
export function peopleOf(tenant: SimTenant, site: Site): SitePeople {
  const root = collectionOf(site);
  let list = people.get(root);
  if (list === undefined) people.set(root, (list = new SitePeople(tenant, root, '0x010A')));
  return list;
}
