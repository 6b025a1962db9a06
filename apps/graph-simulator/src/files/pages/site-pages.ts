/** The pages of a site: its home page, those of its profile, and those that applications make. */
import { GraphFault } from '../../http/route.js';
import { stableGuid } from '../../world/ids.js';
import type { Actor } from '../drives/item.js';
import { system } from '../drives/site-drives.js';
import type { Site } from '../file-store.js';
import type { SiteLists } from '../lists/site-lists.js';
import type { NewPage } from './page-input.js';
import { seededPages } from './page-profile.js';
import type { Page, PageContent } from './page.js';

export class SitePages {
  /** What has been deleted, as it was. */
  readonly removed: Page[] = [];
  readonly #pages = new Map<string, Page>();

  constructor(
    private readonly site: Site,
    lists: SiteLists,
    private readonly now: () => string,
  ) {
    if (site.ownerId === null) this.#put(homePage(site));
    for (const page of seededPages(site, lists.profile.pages, lists.authors)) this.#put(page);
  }

  get all(): Page[] {
    return [...this.#pages.values()];
  }

  find(id: string): Page | undefined {
    return this.#pages.get(id.toLowerCase());
  }

  named(name: string): Page | undefined {
    return this.all.find((page) => page.name.toLowerCase() === name.toLowerCase());
  }

  /** A draft that nobody sees yet. Throws GraphFault 409 for a name that is taken. */
  add({ name, pageLayout, content }: NewPage, by: Actor): Page {
    if (this.named(name) !== undefined) throw new GraphFault(409, 'nameAlreadyExists', `A page with the name '${name}' already exists.`);
    const now = this.now();
    return this.#put({ id: stableGuid('page', this.site.webId, name, now, String(this.#pages.size)), name, pageLayout, content, major: 0, minor: 1, changes: 1, createdAt: now, createdBy: by, modifiedAt: now, modifiedBy: by });
  }

  change(page: Page, content: PageContent, by: Actor): void {
    Object.assign(page, { content, minor: page.minor + 1, changes: page.changes + 1, modifiedAt: this.now(), modifiedBy: by });
  }

  publish(page: Page): void {
    if (page.minor > 0) Object.assign(page, { major: page.major + 1, minor: 0, changes: page.changes + 1 });
  }

  remove(page: Page): void {
    if (this.#pages.delete(page.id)) this.removed.push(page);
  }

  #put(page: Page): Page {
    this.#pages.set(page.id, page);
    return page;
  }
}

/** Every site has one; a copy of another site's finds the name taken. */
function homePage(site: Site): Page {
  const at = site.createdDateTime;
  return {
    id: stableGuid('home page', site.webId), name: 'Home.aspx', pageLayout: 'home', major: 1, minor: 0, changes: 1, createdAt: at, createdBy: system, modifiedAt: at, modifiedBy: system,
    content: { title: 'Home', description: '', promotionKind: 'page', showComments: false, showRecommendedPages: false, thumbnailWebUrl: null, titleArea: null, canvas: { horizontalSections: [{ id: '1', layout: 'oneColumn', emphasis: 'none', columns: [{ id: '1', width: 12, webparts: [] }] }], verticalSection: null } },
  };
}

const known = new WeakMap<Site, SitePages>();

export function pagesOf(site: Site, lists: SiteLists, now: () => string): SitePages {
  let pages = known.get(site);
  if (pages === undefined) known.set(site, (pages = new SitePages(site, lists, now)));
  return pages;
}
