import { stableGuid } from '../world/ids.js';
import { driveId } from './drive-id.js';
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
}

/** What a user's OneDrive is made from. */
export interface DriveSpec { usedBytes?: number | undefined; quotaBytes?: number | undefined; fileCount?: number | undefined; content?: unknown }

/** A site collection with its root web and its default library. */
export interface Site {
  /** GUIDs of the site collection, its root web and the default library. */
  readonly collectionId: string;
  readonly webId: string;
  readonly listId: string;
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
  /** The profile of what its library was made with; null: nothing. */
  readonly content: unknown;
}

/** Numbers of a place without content are as given; with content they follow from it. Throws ZodError for a profile that does not fit. */
function contentOf({ content, usedBytes = 0, fileCount = 0 }: Pick<SiteSpec, 'content' | 'usedBytes' | 'fileCount'>): Pick<Site, 'content' | 'usedBytes' | 'fileCount'> {
  if (content === undefined || content === null) return { content: null, usedBytes, fileCount };
  const profile = parseDriveProfile(content);
  return { content: profile, usedBytes: new GeneratedTree(profile, { ownerId: null, sharedWith: [] }).storedBytes, fileCount: profile.files + profile.large.length };
}

/** `{hostname},{collection},{web}`: how Graph names a site. */
export const siteId = (site: Site): string => `${site.hostname},${site.collectionId},${site.webId}`;

/** The id of a site's default library. */
export const libraryId = (site: Site): string => driveId(site.collectionId, site.webId, site.listId);

/** The address people see, each segment encoded. */
export const siteUrl = (site: Site): string => `https://${site.hostname}${site.path.split('/').map(encodeURIComponent).join('/')}`;

/** With whom an organisation lets its people share (https://learn.microsoft.com/graph/api/resources/sharepointsettings), from nobody outside to everybody. */
export const sharingCapabilities = ['disabled', 'existingExternalUserSharingOnly', 'externalUserSharingOnly', 'externalUserAndGuestSharing'] as const;

/** SharePoint and OneDrive of one tenant. There is always a root site; everything else is added. */
export class FileStore {
  readonly hostname: string;
  readonly personalHostname: string;
  /** What a new OneDrive may hold, in MB, as `/admin/sharepoint/settings` shows it. */
  personalQuotaMb = 1_048_576;
  sharingCapability: (typeof sharingCapabilities)[number] = 'externalUserAndGuestSharing';
  readonly #sites = new Map<string, Site>();
  readonly #personal = new Map<string, Site>();

  constructor(private readonly tenantId: string, initialDomain: string, createdDateTime: string) {
    const label = initialDomain.split('.')[0] ?? initialDomain;
    this.hostname = `${label}.sharepoint.com`;
    this.personalHostname = `${label}-my.sharepoint.com`;
    this.#add({ hostname: this.hostname, path: '', name: '', displayName: 'Communication site', description: '', template: 'SITEPAGEPUBLISHING#0', createdDateTime, groupId: null, ownerId: null, usedBytes: 1_572_864, quotaBytes: siteQuotaBytes, fileCount: 3, locked: false, content: null });
  }

  /** Every site, personal ones included, in the order they were made. */
  get sites(): readonly Site[] {
    return [...this.#sites.values()];
  }

  get root(): Site {
    const root = this.findByPath(this.hostname, '');
    if (root === undefined) throw new Error('A tenant has a root site');
    return root;
  }

  /** Throws when the address is taken. */
  addSite(spec: SiteSpec, createdDateTime: string): Site {
    const template = spec.groupId !== undefined ? 'GROUP#0' : spec.kind === 'team' ? 'STS#3' : 'SITEPAGEPUBLISHING#0';
    return this.#add({
      hostname: this.hostname, path: `/sites/${spec.name}`, name: spec.name, displayName: spec.displayName, description: spec.description ?? '', template, createdDateTime, groupId: spec.groupId ?? null, ownerId: null,
      quotaBytes: spec.quotaBytes ?? siteQuotaBytes, locked: spec.locked ?? false, ...contentOf(spec),
    });
  }

  /** Makes a user's OneDrive, which no application can do through Graph. Throws when there is one. */
  provisionDrive(user: { id: string; userPrincipalName: string; displayName: string }, spec: DriveSpec, createdDateTime: string): Site {
    const name = user.userPrincipalName.toLowerCase().replace(/[^a-z0-9-]/g, '_');
    return this.#add({
      hostname: this.personalHostname, path: `/personal/${name}`, name, displayName: user.displayName, description: '', template: 'SPSPERS#10', createdDateTime, groupId: null, ownerId: user.id,
      quotaBytes: spec.quotaBytes ?? this.personalQuotaMb * 1024 ** 2, locked: false, ...contentOf(spec),
    });
  }

  /** By the site collection's GUID, in any case. */
  findByCollection(collectionId: string): Site | undefined {
    return this.#sites.get(collectionId.toLowerCase());
  }

  findByPath(hostname: string, path: string): Site | undefined {
    return this.#sites.get(this.#collectionId(hostname, path));
  }

  personalSite(userId: string): Site | undefined {
    return this.#personal.get(userId);
  }

  groupSite(groupId: string): Site | undefined {
    return this.sites.find((site) => site.groupId === groupId);
  }

  /** False when there was none. */
  remove(site: Site): boolean {
    if (site.ownerId !== null) this.#personal.delete(site.ownerId);
    return this.#sites.delete(site.collectionId);
  }

  #collectionId(hostname: string, path: string): string {
    return stableGuid('site collection', this.tenantId, hostname.toLowerCase(), path.toLowerCase());
  }

  #add(parts: Omit<Site, 'collectionId' | 'webId' | 'listId'>): Site {
    const collectionId = this.#collectionId(parts.hostname, parts.path);
    if (this.#sites.has(collectionId)) throw new Error(`There is a site ${parts.hostname}${parts.path} already`);
    const site: Site = { ...parts, collectionId, webId: stableGuid('web', collectionId), listId: stableGuid('default library', collectionId) };
    this.#sites.set(collectionId, site);
    if (site.ownerId !== null) this.#personal.set(site.ownerId, site);
    return site;
  }
}
