/** Lists and their items as Graph shows them. */
import { graphOrigin } from '../../http/odata.js';
import { siteId, siteUrl } from '../file-store.js';
import { actorView } from '../drives/item-view.js';
import { rowTag } from './field-values.js';
import type { ShownSite } from './list-access.js';
import type { Row } from './row.js';
import type { SiteList } from './site-list.js';

/** Every property `$select` may name on a list. */
export const listKnown = ['id', 'createdBy', 'createdDateTime', 'description', 'displayName', 'eTag', 'lastModifiedBy', 'lastModifiedDateTime', 'list', 'name', 'parentReference', 'sharepointIds', 'system', 'webUrl'] as const;
/** What a list shows of itself without `$select`. */
export const listDefaults = listKnown.filter((name) => name !== 'sharepointIds' && name !== 'system');

const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** The address of a list, each segment encoded. */
export const listUrl = ({ site }: Pick<ShownSite, 'site'>, { parts }: SiteList): string => `${siteUrl(site)}/${parts.library !== null || parts.name.includes('/') ? '' : 'Lists/'}${encoded(parts.name)}`;

export function listView(shown: ShownSite, list: SiteList): Record<string, unknown> {
  const { site, tenant } = shown;
  const { parts } = list;
  return {
    id: list.id,
    createdBy: { user: { displayName: 'System Account' } },
    createdDateTime: parts.createdAt,
    description: parts.description,
    displayName: parts.displayName,
    eTag: `"${list.id},1"`,
    lastModifiedBy: { user: { displayName: 'System Account' } },
    lastModifiedDateTime: parts.createdAt,
    list: { contentTypesEnabled: list.contentTypesEnabled, hidden: parts.hidden, template: parts.template },
    name: parts.name.replace(/^.*\//, ''),
    parentReference: { siteId: siteId(site) },
    sharepointIds: { listId: list.id, siteId: site.collectionId, siteUrl: siteUrl(site), tenantId: tenant.id, webId: site.webId },
    ...(parts.system ? { system: {} } : {}),
    webUrl: listUrl(shown, list),
  };
}

/** Every property `$select` may name on an item of a list. */
export const rowKnown = ['id', 'contentType', 'createdBy', 'createdDateTime', 'deleted', 'description', 'eTag', 'fields', 'lastModifiedBy', 'lastModifiedDateTime', 'name', 'parentReference', 'sharepointIds', 'webUrl', 'driveItem'] as const;
/** What an item shows of itself without `$select`. */
export const rowDefaults = rowKnown.filter((name) => name !== 'sharepointIds' && name !== 'fields' && name !== 'driveItem');

export function rowView(shown: ShownSite, list: SiteList, row: Row): Record<string, unknown> {
  const { site, tenant } = shown;
  const type = list.contentType(row.contentTypeId);
  return {
    '@odata.etag': rowTag(row),
    id: String(row.id),
    contentType: { id: row.contentTypeId, name: type?.name ?? 'Item' },
    createdBy: actorView(shown, row.createdBy),
    createdDateTime: row.createdAt,
    eTag: rowTag(row),
    lastModifiedBy: actorView(shown, row.modifiedBy),
    lastModifiedDateTime: row.modifiedAt,
    parentReference: { id: list.id, siteId: siteId(site) },
    sharepointIds: { listId: list.id, listItemId: String(row.id), listItemUniqueId: row.guid, siteId: site.collectionId, siteUrl: siteUrl(site), tenantId: tenant.id, webId: site.webId },
    webUrl: `${listUrl(shown, list)}/${String(row.id)}_.000`,
  };
}

/** `@odata.context` of something that stands inside another answer. */
export const innerContext = (version: string, { site }: Pick<ShownSite, 'site'>, list: SiteList, tail: string): string => `${graphOrigin}/${version}/$metadata#sites('${encodeURIComponent(siteId(site))}')/lists('${list.id}')/${tail}`;
