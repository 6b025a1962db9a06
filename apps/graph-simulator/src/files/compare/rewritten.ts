/** How a site speaks of itself: addresses and ids of the source as they should read at the destination. */
import { siteUrl, type Site } from '../file-store.js';

export type Rewrite = (text: string) => string;

/** Longer names first, so that a site's address is not cut by its host's. */
export function rewriteFor(source: Site, dest: Site): Rewrite {
  const pairs: [string, string][] = [[siteUrl(source), siteUrl(dest)], [source.webId, dest.webId], [source.collectionId, dest.collectionId], ...source.libraries.flatMap((library): [string, string][] => {
    const other = dest.libraries.find(({ displayName }) => displayName === library.displayName);
    return other === undefined ? [] : [[library.listId, other.listId]];
  })];
  return (text) => pairs.reduce((at, [from, to]) => at.replaceAll(from, to), text);
}
