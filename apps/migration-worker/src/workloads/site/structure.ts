/** What a site consists of: its document libraries and its lists. What SharePoint keeps for itself Graph shows only to whoever asks for it. */
import type { GraphPort } from '@migrator/graph-client';
import { objectOf, textOf, type Raw } from '../drive/drive-item.js';
import { orEndUnit } from '../graph-errors.js';
import type { Site } from './site.js';

export interface Library {
  readonly driveId: string;
  readonly listId: string | null;
  readonly name: string;
  /** The one that every site has, whatever it is called in the site's language. */
  readonly isDefault: boolean;
}

export interface SiteList {
  readonly id: string;
  readonly displayName: string;
  readonly description: string;
  readonly template: string;
  /** It has content types of its own. */
  readonly contentTypes: boolean;
}

/** Not content: SharePoint makes and fills these itself. */
const ownTemplates = new Set(['webtemplateextensionslist', 'sharinglinks', 'accessrequest', 'webpagelibrary', 'userinformationlist', 'solutioncatalog', 'themecatalog', 'designcatalog', 'masterpagecatalog', 'listtemplatecatalog', 'webpartcatalog']);

export const foldTitle = (title: string): string => title.normalize('NFC').trim().toLowerCase();

/** Throws UnitError. */
export async function listLibraries(site: Site, signal: AbortSignal): Promise<Library[]> {
  if (!site.exists) return [];
  const own = await defaultDrive(site.port, site, signal);
  const drives = await site.all(site.at('/drives'), signal, { $select: 'id,name,driveType,sharePointIds' });
  return drives.flatMap((raw): Library[] => {
    const driveId = textOf(raw['id']);
    return driveId === null ? [] : [{ driveId, listId: textOf(objectOf(raw['sharePointIds'] ?? raw['sharepointIds'])?.['listId']), name: textOf(raw['name']) ?? '', isDefault: driveId === own }];
  });
}

async function defaultDrive(port: GraphPort, site: Site, signal: AbortSignal): Promise<string | null> {
  return textOf((await orEndUnit(site.side, () => port.get<Raw>(site.at('/drive'), site.options(signal, { units: 1, query: { $select: 'id' } }))))['id']);
}

/** Lists that people made, without libraries. Throws UnitError. */
export async function listLists(site: Site, libraries: readonly Library[], signal: AbortSignal): Promise<SiteList[]> {
  const ofLibraries = new Set(libraries.map(({ listId }) => listId));
  const lists = await site.all(site.at('/lists'), signal, { $select: 'id,name,displayName,description,list' });
  return lists.flatMap((raw): SiteList[] => {
    const list = objectOf(raw['list']);
    const template = textOf(list?.['template']) ?? 'genericList';
    const id = textOf(raw['id']);
    if (id === null || list?.['hidden'] === true || ofLibraries.has(id) || template === 'documentLibrary' || ownTemplates.has(template.toLowerCase())) return [];
    return [{ id, displayName: textOf(raw['displayName']) ?? textOf(raw['name']) ?? '', description: textOf(raw['description']) ?? '', template, contentTypes: list?.['contentTypesEnabled'] === true }];
  });
}
