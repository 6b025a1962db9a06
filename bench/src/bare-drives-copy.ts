/**
 * The least that a copy of drives takes: their listing, each folder with its dates, of each file its bytes, an upload session (which alone
 * carries its dates without a second version) and its fragments. No ledger, no hashes, no repeats, no governor; what fails ends it.
 */
import type { BareTenant } from './bare-copy.js';
import { BareGraph, type GraphAccess } from './bare-graph.js';

export interface BareDrivesCopy extends GraphAccess {
  source: BareTenant;
  destination: BareTenant;
  /** Drives under way at once. */
  drivesAtOnce: number;
  /** Files under way at once, in all drives together. */
  filesAtOnce: number;
}

interface Listed {
  id: string;
  name: string;
  size: number;
  root?: object;
  folder?: object;
  parentReference: { id: string };
  fileSystemInfo: { createdDateTime: string; lastModifiedDateTime: string };
  '@microsoft.graph.downloadUrl': string;
}

/** As the engine's. */
const fragmentBytes = 32 * 320 * 1024;
const select = 'id,name,size,root,folder,file,parentReference,fileSystemInfo,@microsoft.graph.downloadUrl';

/** Copies everything in every drive. Resolves with the number of files and folders. */
export async function bareDrivesCopy({ source, destination, drivesAtOnce, filesAtOnce, ...access }: BareDrivesCopy): Promise<number> {
  const graph = new BareGraph(access);
  const [from, to] = await Promise.all([graph.signIn(source.microsoftId), graph.signIn(destination.microsoftId)]);
  const json = { ...to, 'content-type': 'application/json' };
  const places = new Places(filesAtOnce);

  const copyFile = async (drive: string, parentId: string, { name, size, fileSystemInfo, '@microsoft.graph.downloadUrl': url }: Listed): Promise<void> => {
    const read = (offset: number): Promise<Uint8Array> => graph.bytes(url, size <= fragmentBytes ? {} : { range: `bytes=${offset}-${Math.min(offset + fragmentBytes, size) - 1}` });
    let next = read(0);
    const { uploadUrl } = (await graph.send('POST', `${drive}/items/${parentId}:/${encodeURIComponent(name)}:/createUploadSession`, json, JSON.stringify({ item: { '@microsoft.graph.conflictBehavior': 'fail', fileSystemInfo } }))) as { uploadUrl: string };
    for (let offset = 0; offset < size; ) {
      const bytes = await next;
      const end = offset + bytes.length;
      // Read while this one is written.
      if (end < size) next = read(end);
      await graph.send('PUT', uploadUrl, { 'content-range': `bytes ${offset}-${end - 1}/${size}`, 'content-type': 'application/octet-stream' }, bytes);
      offset = end;
    }
  };

  const copyDrive = async (sourceUser: string, destUser: string): Promise<number> => {
    const [{ drive: fromDrive, rootId }, dest] = await Promise.all([graph.driveOf(sourceUser, from), graph.driveOf(destUser, to)]);
    const folders = new Map([[rootId, dest.rootId]]);
    const files: Promise<void>[] = [];
    let copied = 0;
    for (let next: string | undefined = `${fromDrive}/root/delta?$top=1000&$select=${select}`; next !== undefined; ) {
      const page = (await graph.send('GET', next, from)) as { value: Listed[]; '@odata.nextLink'?: string };
      for (const item of page.value) {
        if (item.root !== undefined) continue;
        const parentId = folders.get(item.parentReference.id);
        if (parentId === undefined) throw new Error('A parent is listed after what lies in it.');
        copied += 1;
        if (item.folder !== undefined) {
          const folder = (await graph.send('POST', `${dest.drive}/items/${parentId}/children`, json, JSON.stringify({ name: item.name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' }))) as { id: string };
          await graph.send('PATCH', `${dest.drive}/items/${folder.id}`, json, JSON.stringify({ fileSystemInfo: item.fileSystemInfo }));
          folders.set(item.id, folder.id);
        } else {
          await places.take();
          files.push(copyFile(dest.drive, parentId, item).finally(() => { places.free(); }));
        }
      }
      next = page['@odata.nextLink'];
    }
    await Promise.all(files);
    return copied;
  };

  let copied = 0;
  const drives = source.userIds.entries();
  const walk = async (): Promise<void> => {
    for (const [index, userId] of drives) {
      const items = await copyDrive(userId, destination.userIds[index] ?? '');
      copied += items;
    }
  };
  try {
    await Promise.all(Array.from({ length: drivesAtOnce }, walk));
  } finally {
    await graph.close();
  }
  return copied;
}

/** So many at once; who comes first is served first. */
class Places {
  readonly #waiting: (() => void)[] = [];

  constructor(private count: number) {}

  async take(): Promise<void> {
    if (this.count > 0) this.count -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  free(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.count += 1;
    else next();
  }
}
