import { stableGuid } from '../world/ids.js';
import { driveId, parseDriveId } from './drive-id.js';
import { parseDriveProfile } from './drives/drive-profile.js';
import { GeneratedTree } from './drives/generated-tree.js';

const gib = 1024 ** 3;
/** What a site may hold when nobody lowered it: 25 TB, as usage reports show it. */
const siteQuotaBytes = 25 * 1024 * gib;

/** What a site is made from. */
export interface SiteSpec {
  /** The end of its address: `finance` is `/sites/finance`. */
  name: string;
  displayName: string;
  description?: string | undefined;
  kind?: 'communication' | 'team' | undefined;
  usedBytes?: number | undefined;
  quotaBytes?: number | undefined;
  fileCount?: number | undefined;
  /** Nobody can read it, as after an administrator's lock. */
  locked?: boolean | undefined;
  /** The Microsoft 365 group it belongs to. */
  groupId?: string | undefined;
  /** What its library holds: a drive's profile. Without one it is empty, whatever the numbers above say. */
  content?: unknown;
  /** Libraries besides the default one. */
  libraries?: readonly LibrarySpec[] | undefined;
  /** Lists, columns, content types and pages it is made with, as `lists/site-profile.ts` reads them. */
  structure?: unknown;
  /** Sites below it. */
  sites?: readonly SiteSpec[] | undefined;
}

/** What a library is made from. */
export interface LibrarySpec {
  displayName: string;
  description?: string | undefined;
  /** A drive's profile. */
  content?: unknown;
}

/** What a user's OneDrive is made from. */
export interface DriveSpec { usedBytes?: number | undefined; quotaBytes?: number | undefined; fileCount?: number | undefined; content?: unknown }

/** A document library: a list whose items are the files of a drive. */
export interface Library {
  readonly site: Site;
  readonly listId: string;
  /** The end of its address. */
  readonly name: string;
  /** What the list is called; a OneDrive's drive has a name of its own. */
  readonly displayName: string;
  readonly description: string;
  readonly createdDateTime: string;
  /** SharePoint's own: shown to those alone who select `system`. */
  readonly system: boolean;
  /** The profile of what it was made with; null: nothing. */
  readonly content: unknown;
}

/** A web with its libraries: the root of a site collection, or a site below one. */
export interface Site {
  /** GUIDs of the site collection and of the web itself. */
  readonly collectionId: string;
  readonly webId: string;
  /** The site it lies below; null for the root of its collection. */
  readonly parent: Site | null;
  /** The default one first. */
  readonly libraries: Library[];
  readonly hostname: string;
  /** Decoded: `''` for the root site, `/sites/finance`, `/personal/adele_vance_contoso_com`. */
  readonly path: string;
  readonly name: string;
  displayName: string;
  readonly description: string;
  /** As usage reports name it: `GROUP#0`, `SITEPAGEPUBLISHING#0`, `STS#3`, `SPSPERS#10`. */
  readonly template: string;
  readonly createdDateTime: string;
  readonly groupId: string | null;
  /** The user whose OneDrive it is; null for every other site. */
  readonly ownerId: string | null;
  usedBytes: number;
  quotaBytes: number;
  fileCount: number;
  locked: boolean;
  readonly structure: unknown;
}

/** Numbers of a place without content are as given; with content they follow from it. Throws ZodError for a profile that does not fit. */
function contentOf({ content, usedBytes = 0, fileCount = 0 }: Pick<SiteSpec, 'content' | 'usedBytes' | 'fileCount'>): { content: unknown } & Pick<Site, 'usedBytes' | 'fileCount'> {
  if (content === undefined || content === null) return { content: null, usedBytes, fileCount };
  const profile = parseDriveProfile(content);
  return { content: profile, usedBytes: new GeneratedTree(profile, { ownerId: null, sharedWith: [] }).storedBytes, fileCount: profile.files + profile.large.length };
}

/** `{hostname},{collection},{web}`: how Graph names a site. */
export const siteId = (site: Site): string => `${site.hostname},${site.collectionId},${site.webId}`;

/** The id of a library's drive. */
export const libraryId = ({ site, listId }: Library): string => driveId(site.collectionId, site.webId, listId);

/** The address of a library, each segment encoded. */
export const libraryUrl = ({ site, name }: Library): string => `${siteUrl(site)}/${encodeURIComponent(name)}`;

/** The library every site has. */
export function defaultLibrary(site: Site): Library {
  const [library] = site.libraries;
  if (library === undefined) throw new Error('A site has a library');
  return library;
}

/** The root of a site's collection: it pays for the bytes of all below it. */
export const collectionOf = (site: Site): Site => (site.parent === null ? site : collectionOf(site.parent));

/** The address people see, each segment encoded. */
export const siteUrl = (site: Site): string => `https://${site.hostname}${site.path.split('/').map(encodeURIComponent).join('/')}`;

/** With whom an organisation lets its people share (https://learn.microsoft.com/graph/api/resources/sharepointsettings), from nobody outside to everybody. */
export const sharingCapabilities = ['disabled', 'existingExternalUserSharingOnly', 'externalUserSharingOnly', 'externalUserAndGuestSharing'] as const;

/** How long SharePoint takes to make the site of a new group: it is not found this often. */
export const groupSiteDelay = 2;

type NewWeb = Pick<Site, 'parent' | 'hostname' | 'path' | 'name' | 'displayName' | 'description' | 'template' | 'createdDateTime' | 'groupId' | 'ownerId' | 'quotaBytes' | 'locked' | 'structure'> & Pick<SiteSpec, 'content' | 'usedBytes' | 'fileCount' | 'libraries'>;

/** SharePoint and OneDrive of one tenant. There is always a root site; everything else is added. */
export class FileStore {
  readonly hostname: string;
  readonly personalHostname: string;
  /** What a new OneDrive may hold, in MB, as `/admin/sharepoint/settings` shows it. */
  personalQuotaMb = 1_048_576;
  sharingCapability: (typeof sharingCapabilities)[number] = 'externalUserAndGuestSharing';
  /** How often the site of a group that is made from now on is not found before it is there. */
  groupSiteDelay = groupSiteDelay;
  /** Every web by its id, in the order they were made. */
  readonly #webs = new Map<string, Site>();
  readonly #collections = new Map<string, Site>();
  readonly #paths = new Map<string, Site>();
  readonly #personal = new Map<string, Site>();
  readonly #coming = new Map<string, { spec: SiteSpec; createdDateTime: string; answersLeft: number }>();

  constructor(private readonly tenantId: string, initialDomain: string, createdDateTime: string) {
    const label = initialDomain.split('.')[0] ?? initialDomain;
    this.hostname = `${label}.sharepoint.com`;
    this.personalHostname = `${label}-my.sharepoint.com`;
    this.#add({ parent: null, hostname: this.hostname, path: '', name: '', displayName: 'Communication site', description: '', template: 'SITEPAGEPUBLISHING#0', createdDateTime, groupId: null, ownerId: null, usedBytes: 1_572_864, quotaBytes: siteQuotaBytes, fileCount: 3, locked: false, structure: null });
  }

  /** Every site collection, personal ones included, in the order they were made. */
  get sites(): readonly Site[] {
    return [...this.#collections.values()];
  }

  get root(): Site {
    const root = this.findByPath(this.hostname, '');
    if (root === undefined) throw new Error('A tenant has a root site');
    return root;
  }

  /** Throws when the address is taken. */
  addSite(spec: SiteSpec, createdDateTime: string): Site {
    const template = spec.groupId !== undefined ? 'GROUP#0' : spec.kind === 'team' ? 'STS#3' : 'SITEPAGEPUBLISHING#0';
    return this.#addTree(spec, { parent: null, path: `/sites/${spec.name}`, template, createdDateTime });
  }

  /** The site of a new group, which is there only after it has not been found as often as `groupSiteDelay` says. Throws when the address is taken. */
  announceGroupSite(spec: SiteSpec & { groupId: string }, createdDateTime: string): void {
    if (this.findByPath(this.hostname, `/sites/${spec.name}`) !== undefined) throw new Error(`There is a site /sites/${spec.name} already`);
    this.#coming.set(spec.groupId, { spec, createdDateTime, answersLeft: this.groupSiteDelay });
  }

  /** Makes a user's OneDrive, which no application can do through Graph. Throws when there is one. */
  provisionDrive(user: { id: string; userPrincipalName: string; displayName: string }, spec: DriveSpec, createdDateTime: string): Site {
    const name = user.userPrincipalName.toLowerCase().replace(/[^a-z0-9-]/g, '_');
    return this.#add({
      ...spec, parent: null, hostname: this.personalHostname, path: `/personal/${name}`, name, displayName: user.displayName, description: '', template: 'SPSPERS#10', createdDateTime, groupId: null, ownerId: user.id,
      quotaBytes: spec.quotaBytes ?? this.personalQuotaMb * 1024 ** 2, locked: false, structure: null,
    });
  }

  /** A library that an application makes. Its address is free or made so. */
  addLibrary(site: Site, spec: LibrarySpec, createdDateTime: string, system = false): Library {
    const name = freeUrlName(spec.displayName, (taken) => site.libraries.some((each) => each.name.toLowerCase() === taken.toLowerCase()));
    const { content, usedBytes, fileCount } = contentOf(spec);
    const library: Library = { site, listId: stableGuid('library', site.webId, name), name, displayName: spec.displayName, description: spec.description ?? '', createdDateTime, system, content };
    site.libraries.push(library);
    const payer = collectionOf(site);
    payer.usedBytes += usedBytes;
    payer.fileCount += fileCount;
    return library;
  }

  /** By the site collection's GUID, in any case. */
  findByCollection(collectionId: string): Site | undefined {
    return this.#collections.get(collectionId.toLowerCase());
  }

  /** By a web's GUID, in any case. */
  findWeb(webId: string): Site | undefined {
    return this.#webs.get(webId.toLowerCase());
  }

  findByPath(hostname: string, path: string): Site | undefined {
    return this.#paths.get(addressKey(hostname, path));
  }

  /** The library behind the id of a drive. */
  findLibrary(id: string): Library | undefined {
    const ids = parseDriveId(id);
    const site = ids === null ? undefined : this.#webs.get(ids.webId);
    return site?.collectionId === ids?.siteId ? site?.libraries.find((each) => each.listId === ids?.listId) : undefined;
  }

  /** The sites directly below one. */
  below(site: Site): Site[] {
    return [...this.#webs.values()].filter((each) => each.parent === site);
  }

  personalSite(userId: string): Site | undefined {
    return this.#personal.get(userId);
  }

  /** A group's site. One that is still to come is nearer by each time it is asked for. */
  groupSite(groupId: string): Site | 'coming' | undefined {
    const coming = this.#coming.get(groupId);
    if (coming !== undefined) {
      if (coming.answersLeft > 0) {
        coming.answersLeft -= 1;
        return 'coming';
      }
      this.#coming.delete(groupId);
      return this.addSite(coming.spec, coming.createdDateTime);
    }
    return this.sites.find((site) => site.groupId === groupId);
  }

  /** Removes a site and all below it. False when there was none. */
  remove(site: Site): boolean {
    for (const child of this.below(site)) this.remove(child);
    if (site.ownerId !== null) this.#personal.delete(site.ownerId);
    if (site.parent === null) this.#collections.delete(site.collectionId);
    this.#paths.delete(addressKey(site.hostname, site.path));
    return this.#webs.delete(site.webId);
  }

  #addTree(spec: SiteSpec, place: Pick<Site, 'parent' | 'path' | 'template' | 'createdDateTime'>): Site {
    const site = this.#add({
      ...spec, ...place, hostname: this.hostname, description: spec.description ?? '', groupId: spec.groupId ?? null, ownerId: null,
      quotaBytes: spec.quotaBytes ?? siteQuotaBytes, locked: spec.locked ?? false, structure: spec.structure ?? null,
    });
    for (const child of spec.sites ?? []) this.#addTree(child, { ...place, parent: site, path: `${site.path}/${child.name}`, template: 'STS#3' });
    return site;
  }

  #add({ content, usedBytes, fileCount, libraries, ...parts }: NewWeb): Site {
    const address = addressKey(parts.hostname, parts.path);
    if (this.#paths.has(address)) throw new Error(`There is a site ${parts.hostname}${parts.path} already`);
    const own = contentOf({ content, usedBytes, fileCount });
    const collectionId = parts.parent?.collectionId ?? stableGuid('site collection', this.tenantId, parts.hostname.toLowerCase(), parts.path.toLowerCase());
    const webId = parts.parent === null ? stableGuid('web', collectionId) : stableGuid('web', collectionId, parts.path.toLowerCase());
    const site: Site = { ...parts, collectionId, webId, libraries: [], usedBytes: own.usedBytes, fileCount: own.fileCount };
    if (parts.parent !== null) collectionOf(parts.parent).usedBytes += own.usedBytes;
    site.libraries.push({
      site, listId: stableGuid('default library', parts.parent === null ? collectionId : webId), name: site.ownerId === null ? 'Shared Documents' : 'Documents', displayName: 'Documents', description: '', createdDateTime: site.createdDateTime, system: false, content: own.content,
    });
    for (const library of libraries ?? []) this.addLibrary(site, library, site.createdDateTime);
    if (site.ownerId === null) this.addLibrary(site, { displayName: 'Style Library' }, site.createdDateTime, true);
    this.#webs.set(webId, site);
    this.#paths.set(address, site);
    if (site.parent === null) this.#collections.set(collectionId, site);
    if (site.ownerId !== null) this.#personal.set(site.ownerId, site);
    return site;
  }
}

const addressKey = (hostname: string, path: string): string => `${hostname}${path}`.toLowerCase();

/** The end of an address for something with this title: what addresses do not hold is left out, and a number makes it free. */
export function freeUrlName(title: string, isTaken: (name: string) => boolean): string {
  const plain = title.replace(/["#%&*:<>?/\\{|}~]/g, '').trim().slice(0, 100) || 'List';
  for (let n = 0; ; n += 1) {
    const name = n === 0 ? plain : `${plain}${String(n)}`;
    if (!isTaken(name)) return name;
  }
}
