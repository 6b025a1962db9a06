/** One end of a drive's copy and how requests to it are made. */
import { GraphRequestError, type GraphPort, type RawOptions, type RequestOptions } from '@migrator/graph-client';
import { unitErrorOf, type Side } from '../graph-errors.js';
import { UnitError } from '../workload.js';
import { enriched, itemSelect, parseDriveItem, textOf, type DriveItem, type Raw } from './drive-item.js';

export class Drive {
  constructor(
    readonly side: Side,
    readonly port: GraphPort,
    readonly id: string,
    readonly rootId: string,
    /** Characters of the decoded address up to the root, from the host on. */
    readonly rootChars: number,
    /** A library of a site, and nobody's OneDrive. */
    readonly isLibrary = false,
  ) {}

  /** Whether what is stored under this name is other bytes than were sent: libraries write their columns into such files. */
  enriches(name: string): boolean {
    return this.isLibrary && enriched.test(name);
  }

  /** A path in this drive: `at('/root/delta')`. */
  at(path: string): string {
    return `/drives/${segment(this.id)}${path}`;
  }

  item(itemId: string): string {
    return this.at(`/items/${segment(itemId)}`);
  }

  /** What lies under a name in a folder; `then` goes on from there. */
  named(folderId: string, name: string, then = ''): string {
    return `${this.item(folderId)}:/${segment(name)}${then === '' ? '' : `:${then}`}`;
  }

  options<T extends Partial<RawOptions>>(signal: AbortSignal, more?: T): RequestOptions & T {
    return { budget: { kind: 'files' }, signal, ...more } as RequestOptions & T;
  }

  /** Null when it is not there. Throws GraphRequestError otherwise. */
  async find(path: string, signal: AbortSignal): Promise<DriveItem | null> {
    try {
      return parseDriveItem(await this.port.get<Raw>(path, this.options(signal, { query: { $select: itemSelect }, units: 1 })));
    } catch (error) {
      if (error instanceof GraphRequestError && error.kind === 'not_found') return null;
      throw error;
    }
  }
}

/** A path's segment: Graph wants everything encoded that has a meaning anywhere. */
export const segment = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * Finds a user's drive. Throws UnitError: SOURCE_MISSING or DEST_MISSING when it was never made (an application cannot make it),
 * ACCESS_DENIED when it is closed to us, ACCESS_LOST when the tenant is. https://learn.microsoft.com/graph/api/drive-get
 */
export const openUserDrive = (side: Side, port: GraphPort, userId: string, signal: AbortSignal): Promise<Drive> => openDrive(side, port, `/users/${segment(userId)}/drive`, signal);

/** The drive at a path. Throws as `openUserDrive` does. */
export async function openDrive(side: Side, port: GraphPort, path: string, signal: AbortSignal): Promise<Drive> {
  const options: RequestOptions = { budget: { kind: 'files' }, signal, units: 1 };
  try {
    const drive = await port.get<Raw>(path, { ...options, query: { $select: 'id,webUrl,driveType' } });
    const id = textOf(drive['id']) ?? '';
    const root = await port.get<Raw>(`/drives/${segment(id)}/root`, { ...options, query: { $select: 'id,webUrl' } });
    const webUrl = textOf(root['webUrl']) ?? textOf(drive['webUrl']) ?? '';
    return new Drive(side, port, id, textOf(root['id']) ?? '', decodedChars(webUrl), drive['driveType'] === 'documentLibrary');
  } catch (error) {
    throw noDrive(error) ? new UnitError(side === 'source' ? 'SOURCE_MISSING' : 'DEST_MISSING', side, false, wordsOf(error), { cause: error }) : unitErrorOf(error, side);
  }
}

/** A tenant without SharePoint says so with 400, and a user without OneDrive with 404. */
const noDrive = (error: unknown): error is GraphRequestError => error instanceof GraphRequestError && (error.kind === 'not_found' || error.kind === 'bad_request');
const wordsOf = (error: GraphRequestError): { code: string | null; requestId: string | null } => ({ code: error.graphCode, requestId: error.requestId });

function decodedChars(webUrl: string): number {
  if (!URL.canParse(webUrl)) return 0;
  try {
    return decodeURIComponent(new URL(webUrl).pathname).length;
  } catch {
    return new URL(webUrl).pathname.length;
  }
}
