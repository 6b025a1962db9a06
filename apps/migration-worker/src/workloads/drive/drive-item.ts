/** A thing in a drive as Graph shows it, read once. https://learn.microsoft.com/graph/api/resources/driveitem */
import { hash } from 'node:crypto';

export type ItemKind = 'folder' | 'file' | 'notebook' | 'shortcut';

/** Both as Graph takes them: UTC, whole seconds. */
export interface Dates {
  readonly createdDateTime: string;
  readonly lastModifiedDateTime: string;
}

export interface DriveItem {
  readonly id: string;
  readonly name: string;
  readonly kind: ItemKind;
  /** Null for the root. */
  readonly parentId: string | null;
  /** Of a file; 0 for anything else. */
  readonly size: number;
  /** quickXorHash; null where Graph shows none (parts of notebooks, for a while after an upload). */
  readonly hash: string | null;
  readonly dates: Dates | null;
  readonly eTag: string;
  readonly infected: boolean;
  /** Id of the program that made it; null: a person did. */
  readonly madeBy: string | null;
  /** Id of the program that changed it last; null: a person did, or the listing does not say. */
  readonly changedBy: string | null;
  readonly childCount: number;
  /** Number of the version that its content is, such as `3.0`; null where Graph does not say. */
  readonly versionId: string | null;
  /** Its sharing is not only that of its folder. */
  readonly shared: boolean;
  /** Of a listing of changes: its sharing changed. */
  readonly sharingChanged: boolean;
  /** Where its bytes can be had without a token, for about an hour. Never stored. */
  readonly url: string | null;
}

export type Raw = Record<string, unknown>;

/** What `DriveItem` is read from. */
export const itemSelect = 'id,name,size,eTag,file,folder,package,remoteItem,malware,parentReference,fileSystemInfo,createdBy,root,publication,shared';
/** What is listed of the destination, and of the source: there with the address of the bytes. */
export const destSelect = `${itemSelect},deleted,lastModifiedBy`;
export const sourceSelect = `${itemSelect},deleted,@microsoft.graph.downloadUrl`;

export function parseDriveItem(raw: Raw): DriveItem {
  const file = objectOf(raw['file']);
  const kind: ItemKind = raw['remoteItem'] !== undefined ? 'shortcut' : raw['package'] !== undefined ? 'notebook' : file !== null ? 'file' : 'folder';
  return {
    id: textOf(raw['id']) ?? '',
    name: textOf(raw['name']) ?? '',
    kind,
    parentId: textOf(objectOf(raw['parentReference'])?.['id']),
    size: kind === 'file' ? numberOf(raw['size']) : 0,
    hash: textOf(objectOf(file?.['hashes'])?.['quickXorHash']),
    dates: datesOf(objectOf(raw['fileSystemInfo'])),
    eTag: textOf(raw['eTag']) ?? '',
    infected: raw['malware'] !== undefined && raw['malware'] !== null,
    madeBy: programOf(raw['createdBy']),
    changedBy: programOf(raw['lastModifiedBy']),
    childCount: numberOf(objectOf(raw['folder'])?.['childCount']),
    versionId: textOf(objectOf(raw['publication'])?.['versionId']),
    shared: objectOf(raw['shared']) !== null,
    sharingChanged: raw['@microsoft.graph.sharedChanged'] !== undefined,
    url: textOf(raw['@microsoft.graph.downloadUrl']),
  };
}

/**
 * What of a copy a person would change: name, place and content, which is told by its date: the service shows no hash for a while, and
 * may write its columns into a file. Not its tags, which change when something else is put into the same folder.
 */
export function copyVersion({ kind, name, parentId, size, dates }: DriveItem): string {
  const content = kind === 'file' ? [...(enriched.test(name) ? [] : [size]), dates?.lastModifiedDateTime ?? ''] : [];
  return hash('sha256', JSON.stringify([name, parentId, ...content]), 'buffer').subarray(0, 15).toString('base64url');
}

/** Office files, PDFs and pages: libraries write their columns into them. https://learn.microsoft.com/sharepoint/dev/general-development (property promotion) */
export const enriched = /\.(docx|docm|dotx|xlsx|xlsm|xltx|pptx|pptm|potx|pdf|html?|aspx)$/i;

/** Version of what the destination's owner has and we found: no copy has it, so that we never change or remove it. */
export const ownersVersion = 'owners';

export const sameDates = (a: Dates | null, b: Dates | null): boolean => a?.createdDateTime === b?.createdDateTime && a?.lastModifiedDateTime === b?.lastModifiedDateTime;

function datesOf(info: Raw | null): Dates | null {
  const created = wholeSeconds(info?.['createdDateTime']);
  const modified = wholeSeconds(info?.['lastModifiedDateTime']);
  return created === null || modified === null ? null : { createdDateTime: created, lastModifiedDateTime: modified };
}

export function wholeSeconds(value: unknown): string | null {
  const at = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? null : `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** Of an identity set (`createdBy`, `lastModifiedBy`) the program's id; null: a person's. */
export const programOf = (identity: unknown): string | null => textOf(objectOf(objectOf(identity)?.['application'])?.['id']);
export const objectOf = (value: unknown): Raw | null => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : null);
export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
