/** Downloads: Graph answers with an address that carries its own permission; the bytes come from SharePoint's host (graph/files.md 3). */
import { GraphFault, type GraphReply, type HostRequest, type HostRoute } from '../../http/route.js';
import { LinkTokens, type LinkClaims } from '../../http/link-token.js';
import type { SimTenant } from '../../world/tenant.js';
import type { World } from '../../world/world.js';
import { libraryId, siteUrl, type Library } from '../file-store.js';
import type { FileContent } from '../content/file-content.js';
import type { Drive } from './drive.js';
import type { Item } from './item.js';
import { nowOf } from './drive-access.js';
import { driveOf } from './site-drives.js';

interface DownloadClaims extends LinkClaims {
  tid: string;
  app: string;
  /** Drive and item. */
  drive: string;
  key: number;
  /** Null: whatever the current version is. */
  version: number | null;
}

/** Life of an address, in simulated milliseconds. */
const lifeMs = 60 * 60_000;
export const sharepointHosts = /\.sharepoint\.com$/;

/** Makes and reads the addresses of one world. */
export class DownloadLinks {
  readonly #tokens: LinkTokens<DownloadClaims>;

  constructor(private readonly world: World) {
    this.#tokens = new LinkTokens(`downloads ${world.seed}`);
  }

  url({ tenant, library, drive, item, clientId, version = null }: { tenant: SimTenant; library: Library; drive: Drive; item: Item; clientId: string; version?: number | null }): string {
    const token = this.#tokens.make({ exp: Math.floor((this.world.clock.now() + lifeMs) / 1000), tid: tenant.id, app: clientId, drive: libraryId(library), key: item.key, version });
    return `${siteUrl(library.site)}/_layouts/15/download.aspx?UniqueId=${drive.ids.guid(item.key)}&Translate=false&tempauth=${token}&ApiVersion=2.0`;
  }

  read(req: Pick<HostRequest, 'query'>): DownloadClaims | null {
    return this.#tokens.read(req.query.get('tempauth') ?? '');
  }
}

/** Hosts' paths begin with the site's own: none, two segments, or one more for each site it lies below. */
export const sitePrefixes = ['', '/{managed}/{name}', '/{managed}/{name}/{below}', '/{managed}/{name}/{below}/{deeper}'] as const;

export function downloadHostRoutes(world: World, links: DownloadLinks): HostRoute[] {
  return sitePrefixes.map((prefix): HostRoute => ({
    host: sharepointHosts,
    method: 'GET',
    path: `${prefix}/_layouts/15/download.aspx`,
    owner: (req) => {
      const claims = links.read(req);
      return claims === null ? null : { tenantId: claims.tid, clientId: claims.app, mailbox: null };
    },
    handle: (req) => download(world, links, req),
  }));
}

function download(world: World, links: DownloadLinks, req: HostRequest): GraphReply {
  const claims = links.read(req);
  if (claims === null || claims.exp * 1000 <= world.clock.now()) throw new GraphFault(401, 'unauthenticated', 'The download link has expired.', { innerCode: 'expiredToken' });
  const tenant = world.tenants.get(claims.tid);
  const library = tenant?.files.findLibrary(claims.drive);
  if (tenant === undefined || library === undefined) throw new GraphFault(404, 'itemNotFound', 'The resource could not be found.');
  if (library.site.locked) throw new GraphFault(423, 'resourceLocked', 'Access to this site has been blocked.');
  const item = driveOf(tenant, library, () => nowOf(world)).item(claims.key);
  const content = item === undefined ? null : claims.version === null ? item.content : (item.earlier.find(({ number }) => number === claims.version)?.content ?? null);
  if (item === undefined || content === null) throw new GraphFault(404, 'itemNotFound', 'The resource could not be found.');
  if (item.infected) throw new GraphFault(403, 'malwareDetected', 'Malware has been detected in the file.', { headers: { 'X-Virus-Infected': 'true' } });
  if (item.lock?.reads === true) throw new GraphFault(423, 'resourceLocked', 'The resource you are attempting to access is locked.');
  return bytesReply(content, req.headers.range);
}

/** The content, or the range that is asked for. */
function bytesReply(content: FileContent, range: string | undefined): GraphReply {
  const { size } = content;
  // The simulator's lack: said, and not made up.
  if (!content.kept) throw new GraphFault(500, 'generalException', 'Of this content only size and hashes were kept. Raise keepBytesMax to keep it.');
  const asked = range === undefined ? null : /^bytes=(\d*)-(\d*)$/.exec(range);
  if (asked === null || (asked[1] === '' && asked[2] === '')) return { status: 200, headers: { 'Content-Length': String(size), 'Accept-Ranges': 'bytes' }, stream: content.read(0, size) };
  const from = asked[1] === '' ? Math.max(0, size - Number(asked[2])) : Number(asked[1]);
  const to = asked[1] === '' || asked[2] === '' ? size : Math.min(size, Number(asked[2]) + 1);
  if (from >= size || to <= from) throw new GraphFault(416, 'invalidRange', 'The range is not satisfiable.', { headers: { 'Content-Range': `bytes */${size}` } });
  return { status: 206, headers: { 'Content-Length': String(to - from), 'Content-Range': `bytes ${from}-${to - 1}/${size}`, 'Accept-Ranges': 'bytes' }, stream: content.read(from, to) };
}
