/** Two sites held against each other: libraries with their files, lists with columns and items, pages, content types. Shares no code with any migration. */
import type { SimTenant } from '../../world/tenant.js';
import { driveOf } from '../drives/site-drives.js';
import type { Library, Site } from '../file-store.js';
import { listsOf } from '../lists/site-lists.js';
import type { PrincipalMap } from '../named-places.js';
import { pagesOf } from '../pages/site-pages.js';
import { compareDrives, type CompareOptions, type DriveComparison } from './compare-drives.js';
import { compareLists, fieldDifferences, type ListComparison } from './compare-lists.js';
import { comparePages, type PageTally } from './compare-pages.js';
import { rewriteFor } from './rewritten.js';

export interface SiteEnd {
  readonly tenant: SimTenant;
  readonly site: Site;
}

export interface SiteComparison extends ListComparison {
  readonly libraries: ({ readonly library: string } & DriveComparison)[];
  readonly pages: PageTally;
  /** Nothing is missing, nothing is there that should not be, and nothing differs. */
  readonly equal: boolean;
}

export async function compareSites(source: SiteEnd, dest: SiteEnd, options: CompareOptions & { readonly principal: PrincipalMap }, now: () => string): Promise<SiteComparison> {
  const [from, to] = [listsOf(source.tenant, source.site, now), listsOf(dest.tenant, dest.site, now)];
  const rewrite = rewriteFor(source.site, dest.site);
  const ends = { source: from, dest: to, principal: options.principal, rewrite, examplesMax: options.examplesMax };
  const libraries: SiteComparison['libraries'] = [];
  for (const library of carried(source.site)) {
    const copy = carried(dest.site).find(({ displayName }) => displayName.toLowerCase() === library.displayName.toLowerCase());
    // One that is not there is missing among the lists; so are its files.
    if (copy === undefined) continue;
    const [list, listCopy] = [from.find(library.listId), to.find(copy.listId)];
    const fields = list === undefined || listCopy === undefined ? undefined : fieldDifferences(ends, list, listCopy);
    const drive = await compareDrives({ tenant: source.tenant, drive: driveOf(source.tenant, library, now) }, { tenant: dest.tenant, drive: driveOf(dest.tenant, copy, now) }, { ...options, ...(fields === undefined ? {} : { fields: (item, other) => fields(item.key, other.key) }) });
    libraries.push({ library: library.displayName, ...drive });
  }
  const lists = compareLists(ends);
  const pages = comparePages(pagesOf(source.site, from, now), pagesOf(dest.site, to, now), rewrite, options.examplesMax);
  const equal = [...libraries, ...Object.values(lists), pages].every(({ missing, extra, differs }) => missing + extra + differs === 0);
  return { equal, libraries, ...lists, pages };
}

const carried = ({ libraries }: Site): Library[] => libraries.filter(({ system }) => !system);
