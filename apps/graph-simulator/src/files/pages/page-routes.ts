/** Modern pages of sites (graph/files.md 8.4). What is a sitePage's alone is reached through the cast to it. */
import { applySelect, checkSelect, contextUrl, decodeSkipToken, encodeSkipToken, pageReply, parseExpand, parseSelect, parseTop } from '../../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest, type Route } from '../../http/route.js';
import type { World } from '../../world/world.js';
import { appOf, nowOf } from '../drives/drive-access.js';
import { actorView } from '../drives/item-view.js';
import { siteId, siteUrl } from '../file-store.js';
import { shownSite, writeItems, type ShownSite } from '../lists/list-access.js';
import { readSites, sitePaths } from '../sharepoint-access.js';
import { canvasView, isDraft, partsOf, type Page } from './page.js';
import { readNewPage, readPageChange } from './page-input.js';
import { pagesOf, type SitePages } from './site-pages.js';
import { partView } from './web-parts.js';

const pageDefault = 200;
const pageMax = 1_000;
const baseKnown = ['id', 'createdBy', 'createdDateTime', 'description', 'eTag', 'lastModifiedBy', 'lastModifiedDateTime', 'name', 'pageLayout', 'parentReference', 'publishingState', 'title', 'webUrl'] as const;
const sitePageKnown = [...baseKnown, 'promotionKind', 'reactions', 'showComments', 'showRecommendedPages', 'thumbnailWebUrl', 'titleArea', 'canvasLayout'] as const;

interface Place { readonly shown: ShownSite; readonly pages: SitePages }

function baseView(shown: ShownSite, page: Page): Record<string, unknown> {
  return {
    '@odata.type': '#microsoft.graph.sitePage',
    id: page.id,
    createdBy: actorView(shown, page.createdBy),
    createdDateTime: page.createdAt,
    description: page.content.description,
    eTag: `"{${page.id.toUpperCase()}},${String(page.changes)}"`,
    lastModifiedBy: actorView(shown, page.modifiedBy),
    lastModifiedDateTime: page.modifiedAt,
    name: page.name,
    pageLayout: page.pageLayout,
    parentReference: { siteId: siteId(shown.site) },
    publishingState: { level: isDraft(page) ? 'checkout' : 'published', versionId: `${String(page.major)}.${String(page.minor)}`, ...(isDraft(page) ? { checkedOutBy: actorView(shown, page.modifiedBy) } : {}) },
    title: page.content.title,
    webUrl: `${siteUrl(shown.site)}/SitePages/${encodeURIComponent(page.name)}`,
  };
}

function sitePageView(shown: ShownSite, page: Page): Record<string, unknown> {
  const { content } = page;
  return {
    ...baseView(shown, page),
    promotionKind: content.promotionKind,
    reactions: { commentCount: 0, likeCount: 0, shareCount: 0 },
    showComments: content.showComments,
    showRecommendedPages: content.showRecommendedPages,
    ...(content.thumbnailWebUrl === null ? {} : { thumbnailWebUrl: content.thumbnailWebUrl }),
    ...(content.titleArea === null ? {} : { titleArea: Object.fromEntries(Object.entries(content.titleArea).filter(([, value]) => value !== null && value !== undefined)) }),
  };
}

/** Throws 400 for a path that names the type without its namespace, which the service does not know. */
function requireCast(req: GraphRequest): void {
  if (!/\/(microsoft\.)?graph\.sitePage(\/|$)/i.test(req.url.pathname)) throw new GraphFault(400, 'BadRequest', "Resource not found for the segment 'sitePage'.");
}

export function pageRoutes(world: World): Route[] {
  const service = 'files';
  const placeOf = (req: GraphRequest): Place => {
    const shown = shownSite(world, req);
    return { shown, pages: pagesOf(shown.site, shown.lists, () => nowOf(world)) };
  };
  const pageOf = ({ pages }: Place, req: GraphRequest): Page => {
    const page = pages.find(req.params['page'] ?? '');
    if (page === undefined) throw new GraphFault(404, 'itemNotFound', 'The specified page was not found');
    return page;
  };
  const selectOf = (req: GraphRequest, cast: boolean): string[] | null => {
    const select = parseSelect(req.query);
    checkSelect(select, cast ? sitePageKnown : baseKnown, cast ? 'microsoft.graph.sitePage' : 'microsoft.graph.baseSitePage');
    return select;
  };
  /** Whether the canvas is wanted. Throws 400 where it cannot be had. */
  const expands = (req: GraphRequest, cast: boolean): boolean => {
    const terms = parseExpand(req.query);
    const other = terms.find(({ name, options }) => name !== 'canvasLayout' || [...options.keys()].length > 0);
    if (other !== undefined || (terms.length > 0 && !cast)) throw new GraphFault(400, 'BadRequest', `Parsing OData Select and Expand failed: Could not find a property named '${(other ?? terms[0])?.name ?? ''}' on type 'microsoft.graph.${cast ? 'sitePage' : 'baseSitePage'}'.`);
    return terms.length > 0;
  };
  const one = (req: GraphRequest, { shown }: Place, page: Page, { cast, canvas, status = 200 }: { cast: boolean; canvas: boolean; status?: number }): GraphReply => {
    const select = selectOf(req, cast);
    const view = applySelect(null, cast ? sitePageView(shown, page) : baseView(shown, page), select);
    return { status, json: { '@odata.context': contextUrl(req, 'pages', { select, entity: true }), ...view, ...(canvas ? { canvasLayout: canvasView(page.content.canvas) } : {}) } };
  };

  const list = (cast: boolean): Route['handle'] => (req) => {
    if (cast) requireCast(req);
    const place = placeOf(req);
    for (const option of ['$filter', '$orderby', '$search', '$skip', '$expand', '$count']) if (req.query.has(option)) throw new GraphFault(400, 'invalidRequest', `The query option '${option}' is not supported here.`);
    const select = selectOf(req, cast);
    const top = Math.min(parseTop(req.query) ?? pageDefault, pageMax);
    if (top === 0) throw new GraphFault(400, 'invalidRequest', 'Invalid page size');
    const from = Number(decodeSkipToken(req.query)?.['from'] ?? 0);
    const { all } = place.pages;
    const value = all.slice(from, from + top).map((page) => applySelect(null, cast ? sitePageView(place.shown, page) : baseView(place.shown, page), select));
    return pageReply(req, { context: 'pages', value, next: from + top < all.length ? { $skiptoken: encodeSkipToken({ from: from + top }) } : null });
  };
  const read = (cast: boolean): Route['handle'] => (req) => {
    if (cast) requireCast(req);
    const place = placeOf(req);
    return one(req, place, pageOf(place, req), { cast, canvas: expands(req, cast) });
  };
  const add: Route['handle'] = async (req) => {
    const place = placeOf(req);
    const page = place.pages.add(readNewPage(await req.json(), () => world.ids.guid()), appOf(req));
    return one(req, place, page, { cast: true, canvas: false, status: 201 });
  };
  const change: Route['handle'] = async (req) => {
    requireCast(req);
    const place = placeOf(req);
    const page = pageOf(place, req);
    place.pages.change(page, readPageChange(page.content, await req.json(), () => world.ids.guid()), appOf(req));
    return one(req, place, page, { cast: true, canvas: false });
  };
  const publish: Route['handle'] = (req) => {
    requireCast(req);
    const place = placeOf(req);
    place.pages.publish(pageOf(place, req));
    return { status: 204 };
  };
  const remove: Route['handle'] = (req) => {
    const place = placeOf(req);
    place.pages.remove(pageOf(place, req));
    return { status: 204 };
  };
  const parts: Route['handle'] = (req) => {
    requireCast(req);
    const place = placeOf(req);
    return pageReply(req, { context: 'webParts', value: partsOf(pageOf(place, req).content.canvas).map(partView) });
  };

  return sitePaths.flatMap((site): Route[] => {
    const pages = `${site}/pages`;
    const page = `${pages}/{page}`;
    return [
      { method: 'GET', path: pages, roles: readSites, service, units: 2, handle: list(false) },
      { method: 'GET', path: `${pages}/sitePage`, roles: readSites, service, units: 2, handle: list(true) },
      { method: 'POST', path: pages, roles: writeItems, service, write: true, handle: add },
      { method: 'GET', path: page, roles: readSites, service, handle: read(false) },
      { method: 'GET', path: `${page}/sitePage`, roles: readSites, service, handle: read(true) },
      { method: 'GET', path: `${page}/sitePage/webParts`, roles: readSites, service, units: 2, handle: parts },
      { method: 'PATCH', path: `${page}/sitePage`, roles: writeItems, service, write: true, handle: change },
      { method: 'POST', path: `${page}/sitePage/publish`, roles: writeItems, service, write: true, handle: publish },
      { method: 'DELETE', path: page, roles: writeItems, service, write: true, handle: remove },
    ];
  });
}
