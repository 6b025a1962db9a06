/** A GUID's sixteen bytes as .NET stores them: the first three groups little-endian. */
function guidBytes(guid: string): Buffer {
  const raw = Buffer.from(guid.replaceAll('-', ''), 'hex');
  return Buffer.concat([raw.subarray(0, 4).reverse(), raw.subarray(4, 6).reverse(), raw.subarray(6, 8).reverse(), raw.subarray(8)]);
}

/** The id of a library as Graph writes it: `b!` and the GUIDs of site collection, web and list (graph/files.md 2.1). */
export function driveId(siteId: string, webId: string, listId: string): string {
  return `b!${Buffer.concat([siteId, webId, listId].map(guidBytes)).toString('base64url')}`;
}

/** The GUIDs in the id of a drive; null for a text that is none. */
export function parseDriveId(id: string): { siteId: string; webId: string; listId: string } | null {
  const raw = id.startsWith('b!') ? Buffer.from(id.slice(2), 'base64url') : Buffer.alloc(0);
  if (raw.length !== 48) return null;
  const [siteId = '', webId = '', listId = ''] = [0, 16, 32].map((at) => guidText(raw.subarray(at, at + 16)));
  return driveId(siteId, webId, listId) === id ? { siteId, webId, listId } : null;
}

/** The inverse of `guidBytes`. */
function guidText(raw: Buffer): string {
  const turned = Buffer.concat([Buffer.from(raw.subarray(0, 4)).reverse(), Buffer.from(raw.subarray(4, 6)).reverse(), Buffer.from(raw.subarray(6, 8)).reverse(), raw.subarray(8)]).toString('hex');
  return [turned.slice(0, 8), turned.slice(8, 12), turned.slice(12, 16), turned.slice(16, 20), turned.slice(20)].join('-');
}
