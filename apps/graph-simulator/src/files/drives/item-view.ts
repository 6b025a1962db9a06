/** An item as Graph shows it (graph/files.md 2.1, appendix A). */
import { stableGuid } from '../../world/ids.js';
import type { SimTenant } from '../../world/tenant.js';
import type { World } from '../../world/world.js';
import { libraryId, libraryUrl, siteUrl, type Library } from '../file-store.js';
import type { Drive } from './drive.js';
import type { Actor, Item } from './item.js';
import { endingOf, mimeTypeOf } from './mime-type.js';
import { system } from './site-drives.js';

/** Every property `$select` may name on an item. */
export const itemKnown = [
  'id', 'cTag', 'content', 'createdBy', 'createdDateTime', 'deleted', 'description', 'eTag', 'file', 'fileSystemInfo', 'folder', 'lastModifiedBy', 'lastModifiedDateTime', 'malware', 'name', 'package', 'parentReference', 'publication', 'remoteItem', 'root',
  'shared', 'sharepointIds', 'size', 'webUrl', '@microsoft.graph.downloadUrl',
] as const;
/** Shown only to those who name them. */
const onSelect = new Set(['publication', 'sharepointIds', 'content']);
export const downloadUrlName = '@microsoft.graph.downloadUrl';

/** Where an item is shown from. */
export interface Shown {
  readonly world: World;
  readonly tenant: SimTenant;
  readonly library: Library;
  readonly drive: Drive;
  /** A link to a file's bytes. */
  readonly downloadUrl: (item: Item) => string;
}

/** Encloses a GUID as SharePoint's tags do. */
const braced = (guid: string): string => `{${guid.toUpperCase()}}`;
export const eTagOf = (drive: Drive, item: Item): string => `"${braced(drive.ids.guid(item.key))},${item.changes}"`;
const cTagOf = (drive: Drive, item: Item): string => `"c:${braced(drive.ids.guid(item.key))},${item.contentChanges}"`;

/** A user, or an application with what SharePoint calls it. */
export function actorView({ world, tenant }: Pick<Shown, 'world' | 'tenant'>, actor: Actor): Record<string, unknown> {
  if (actor.kind === 'user') {
    const user = tenant.findUser(actor.id);
    return { user: user === undefined ? { id: actor.id, displayName: '' } : { ...(user.mail === null ? {} : { email: user.mail }), id: user.id, displayName: user.displayName } };
  }
  if (actor === system || actor.clientId === 'system') return { user: { displayName: 'System Account' } };
  return { application: { id: actor.clientId, displayName: world.apps.find(actor.clientId)?.displayName ?? 'Application' }, user: { displayName: 'SharePoint App' } };
}

const encodePath = (names: readonly string[]): string => names.map((name) => `/${encodeURIComponent(name)}`).join('');

/** Where an item lies. Delta names no paths (graph/files.md 2.3). */
function parentReference({ library, drive }: Shown, item: Item, inDelta: boolean): Record<string, unknown> {
  const { site } = library;
  const driveId = libraryId(library);
  const base = { driveType: site.ownerId === null ? 'documentLibrary' : 'business', driveId };
  if (item.key === 0) return inDelta ? base : { ...base, siteId: site.collectionId };
  const parent = drive.item(item.parentKey);
  const id = drive.ids.id(item.parentKey);
  if (inDelta) return { ...base, id, siteId: site.collectionId };
  return { ...base, id, name: parent?.name ?? '', path: `/drives/${driveId}/root:${parent === undefined ? '' : encodePath(drive.path(parent))}`, siteId: site.collectionId };
}

/** What a caller asked to be told of sharing beyond the usual (graph/files.md 2.3). */
export interface SharingShown {
  /** Where sharing begins and ends: also what grants nothing but inherits nothing either. */
  readonly hierarchical: boolean;
  /** What of it changed after this position in the log is marked; null: nothing is. */
  readonly changedSince: number | null;
}
const plainSharing: SharingShown = { hierarchical: false, changedSince: null };

function sharedView(item: Item, { hierarchical }: SharingShown): Record<string, unknown> | undefined {
  if (item.key === 0) return undefined;
  if (item.permissions.length === 0) return hierarchical && item.breaksInheritance ? {} : undefined;
  const scopes = item.permissions.map(({ link }) => link?.scope ?? 'users');
  return { scope: scopes.includes('anonymous') ? 'anonymous' : scopes.includes('organization') ? 'organization' : 'users' };
}

/** Notebook parts have no hash. */
const hashed = (name: string): boolean => !['one', 'onetoc2'].includes(endingOf(name));

/** The item with what `$select` names, or with everything that is shown without it. */
export function itemView(shown: Shown, item: Item, { select, inDelta = false, sharing = plainSharing }: { select: readonly string[] | null; inDelta?: boolean; sharing?: SharingShown }): Record<string, unknown> {
  const { tenant, library, drive } = shown;
  const { site } = library;
  const wanted = select === null ? null : new Set(select.map((name) => name.split('/')[0] ?? name));
  const wants = (name: string): boolean => (wanted === null ? !onSelect.has(name) : wanted.has(name));
  const view: Record<string, unknown> = {};
  if (item.content !== null && !item.infected && (wants(downloadUrlName) || wanted?.has('content') === true)) view[downloadUrlName] = shown.downloadUrl(item);
  const set = (name: string, value: () => unknown): void => {
    if (!wants(name)) return;
    const made = value();
    if (made !== undefined) view[name] = made;
  };
  set('createdBy', () => actorView(shown, item.createdBy));
  set('createdDateTime', () => item.createdAt);
  set('eTag', () => eTagOf(drive, item));
  view['id'] = drive.ids.id(item.key);
  set('lastModifiedBy', () => actorView(shown, item.modifiedBy));
  set('lastModifiedDateTime', () => item.modifiedAt);
  set('name', () => item.name);
  set('parentReference', () => parentReference(shown, item, inDelta));
  set('webUrl', () => (item.key === 0 ? libraryUrl(library) : `${libraryUrl(library)}${encodePath(drive.path(item))}`));
  if (!inDelta) set('cTag', () => (item.content === null ? undefined : cTagOf(drive, item)));
  set('fileSystemInfo', () => ({ createdDateTime: item.createdAt, lastModifiedDateTime: item.modifiedAt }));
  set('root', () => (item.key === 0 ? {} : undefined));
  set('folder', () => (item.kind === 'folder' ? { childCount: drive.childCount(item.key) } : undefined));
  set('file', () => (item.content === null ? undefined : { mimeType: mimeTypeOf(item.name), ...(hashed(item.name) ? { hashes: { quickXorHash: item.content.quickXorHash } } : {}) }));
  set('package', () => (item.kind === 'notebook' ? { type: 'oneNote' } : undefined));
  set('remoteItem', () => (item.kind === 'shortcut' ? remoteView(shown, item) : undefined));
  set('malware', () => (item.infected ? { description: 'The file is infected.' } : undefined));
  set('shared', () => sharedView(item, sharing));
  if (sharing.changedSince !== null && item.sharingChangedAt > sharing.changedSince) view['@microsoft.graph.sharedChanged'] = 'True';
  set('size', () => drive.size(item));
  set('publication', () => ({ level: item.lock === null ? 'published' : 'checkout', versionId: `${item.version}.0` }));
  set('sharepointIds', () => ({ listId: library.listId, listItemId: String(item.key), listItemUniqueId: drive.ids.guid(item.key), siteId: site.collectionId, siteUrl: siteUrl(site), tenantId: tenant.id, webId: site.webId }));
  return view;
}

/** A shortcut leads to a folder of somebody else's drive, which is not ours to show. */
function remoteView({ library }: Shown, item: Item): Record<string, unknown> {
  return { id: `01${stableGuid('shortcut', library.listId, String(item.key)).replaceAll('-', '').toUpperCase()}`, name: item.name, folder: { childCount: 3 }, parentReference: { driveType: 'business', driveId: `b!${stableGuid('shortcut drive', library.listId).replaceAll('-', '')}` } };
}

/** What delta says of an item that is gone. */
export function deletedView(shown: Pick<Shown, 'library' | 'drive'>, key: number): Record<string, unknown> {
  return { id: shown.drive.ids.id(key), parentReference: { driveType: shown.library.site.ownerId === null ? 'documentLibrary' : 'business', driveId: libraryId(shown.library) }, deleted: { state: 'deleted' } };
}
