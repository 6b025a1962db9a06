import { applySelect, checkSelect, decodeSkipToken, encodeSkipToken, entityReply, pageReply, parseSelect, parseTop } from '../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest, type Route } from '../http/route.js';
import type { Site } from './file-store.js';
import { siteDefaults, siteKnown, siteView } from './file-views.js';
import { readSites, requireOpen, requireSharePoint, siteOf, sitePaths } from './sharepoint-access.js';

/** Microsoft names no page size for this list; these are what drives use (graph/files.md 2.2). */
const pageDefault = 200;
const pageMax = 999;

function selected(req: GraphRequest, site: Site, select: readonly string[] | null): Record<string, unknown> {
  return applySelect(siteDefaults, siteView(req.tenant, site), select);
}

function one(req: GraphRequest, site: Site): GraphReply {
  const select = parseSelect(req.query);
  checkSelect(select, siteKnown, 'microsoft.graph.site');
  return entityReply(req, 'sites', selected(req, requireOpen(site), select));
}

/** Every site collection of the tenant, personal ones included, in pages that a token holds together. */
function allSites(req: GraphRequest): GraphReply {
  requireSharePoint(req.tenant);
  for (const option of ['$filter', '$search', '$orderby', '$skip', '$expand']) if (req.query.has(option)) throw new GraphFault(400, 'invalidRequest', `The query option '${option}' is not supported here.`);
  const select = parseSelect(req.query);
  checkSelect(select, siteKnown, 'microsoft.graph.site');
  const top = Math.min(parseTop(req.query) ?? pageDefault, pageMax);
  if (top === 0) throw new GraphFault(400, 'invalidRequest', 'Invalid page size');
  const from = Number(decodeSkipToken(req.query)?.['from'] ?? 0);
  const { sites } = req.tenant.files;
  const next = from + top < sites.length ? { $skiptoken: encodeSkipToken({ from: from + top }) } : null;
  const reply = pageReply(req, { context: 'sites', value: sites.slice(from, from + top).map((site) => selected(req, site, select)), next });
  // Real links go on under this longer name (graph/files.md 1.3).
  const json = reply.json as Record<string, unknown>;
  const link = json['@odata.nextLink'];
  return typeof link === 'string' ? { ...reply, json: { ...json, '@odata.nextLink': link.replace(/\/sites\/(oneDrive\.)?getAllSites/i, '/sites/oneDrive.getAllSites') } } : reply;
}

/** The sites directly below one; what lies deeper is asked of them. */
function below(req: GraphRequest): GraphReply {
  const select = parseSelect(req.query);
  checkSelect(select, siteKnown, 'microsoft.graph.site');
  return pageReply(req, { context: 'sites', value: req.tenant.files.below(requireOpen(siteOf(req))).map((site) => selected(req, site, select)) });
}

/** Reading sites: the inventory, one by id, address or group, and those below it. */
export function siteRoutes(): Route[] {
  const service = 'files';
  return [
    { method: 'GET', path: '/sites/getAllSites', roles: readSites, service, units: 2, handle: allSites },
    { method: 'GET', path: '/sites/oneDrive.getAllSites', roles: readSites, service, units: 2, handle: allSites },
    ...sitePaths.flatMap((site): Route[] => [
      { method: 'GET', path: site, roles: readSites, service, handle: (req) => one(req, siteOf(req)) },
      { method: 'GET', path: `${site}/sites`, roles: readSites, service, units: 2, handle: below },
    ]),
  ];
}
