/** A GUID's sixteen bytes as .NET stores them: the first three groups little-endian. */
function guidBytes(guid: string): Buffer {
  const raw = Buffer.from(guid.replaceAll('-', ''), 'hex');
  return Buffer.concat([raw.subarray(0, 4).reverse(), raw.subarray(4, 6).reverse(), raw.subarray(6, 8).reverse(), raw.subarray(8)]);
}

/** The id of a library as Graph writes it: `b!` and the GUIDs of site collection, web and list (graph/files.md 2.1). */
export function driveId(siteId: string, webId: string, listId: string): string {
  return `b!${Buffer.concat([siteId, webId, listId].map(guidBytes)).toString('base64url')}`;
}
