/** Bodies that make and change pages, read as SharePoint reads them: web parts that no application makes fail the whole page. */
import { z } from 'zod';
import { GraphFault } from '../../http/route.js';
import { parseBody } from '../drives/drive-input.js';
import { emphases, sectionLayouts, type Canvas, type PageContent } from './page.js';
import { creatableParts, type WebPart } from './web-parts.js';

const typed = { '@odata.type': z.literal('#microsoft.graph.sitePage') };
const pairs = z.array(z.strictObject({ key: z.string(), value: z.string() })).optional();
const served = z.strictObject({ htmlStrings: pairs, searchablePlainTexts: pairs, links: pairs, imageSources: pairs, componentDependencies: pairs, customMetadata: z.unknown().optional() });
const part = z.discriminatedUnion('@odata.type', [
  z.strictObject({ '@odata.type': z.literal('#microsoft.graph.textWebPart'), id: z.string().optional(), innerHtml: z.string() }),
  z.strictObject({
    '@odata.type': z.literal('#microsoft.graph.standardWebPart'), id: z.string().optional(), containerTextWebPartId: z.string().optional(), webPartType: z.guid(),
    data: z.strictObject({ dataVersion: z.string().optional(), description: z.string().optional(), title: z.string().optional(), properties: z.unknown().optional(), serverProcessedContent: served.optional(), audiences: z.array(z.string()).optional() }),
  }),
]);
const parts = z.array(part).default([]);
const emphasis = z.enum(emphases).default('none');
const canvas = z.strictObject({
  horizontalSections: z.array(z.strictObject({ id: z.string().optional(), layout: z.enum(sectionLayouts), emphasis, columns: z.array(z.strictObject({ id: z.string().optional(), width: z.int().min(0).max(12), webparts: parts })).default([]) })).default([]),
  verticalSection: z.strictObject({ id: z.string().optional(), emphasis, webparts: parts }).nullish(),
});
const titleArea = z.strictObject({
  alternativeText: z.string().nullish(), enableGradientEffect: z.boolean().nullish(), imageWebUrl: z.string().nullish(), layout: z.enum(['imageAndTitle', 'plain', 'colorBlock', 'overlap']).optional(), serverProcessedContent: served.optional(), showAuthor: z.boolean().nullish(),
  showPublishedDate: z.boolean().nullish(), showTextBlockAboveTitle: z.boolean().nullish(), textAboveTitle: z.string().nullish(), textAlignment: z.enum(['left', 'center']).optional(), title: z.string().optional(), authors: z.array(z.unknown()).optional(), authorByline: z.array(z.string()).optional(),
  imageSourceType: z.number().nullish(), hasTitleBeenCommitted: z.boolean().nullish(), translateX: z.number().nullish(), translateY: z.number().nullish(),
});
const content = {
  title: z.string().min(1).max(255).optional(), description: z.string().optional(), promotionKind: z.enum(['page', 'newsPost']).optional(), showComments: z.boolean().optional(), showRecommendedPages: z.boolean().optional(), thumbnailWebUrl: z.string().nullish(),
  titleArea: titleArea.nullish(), canvasLayout: canvas.optional(),
};
const newPage = z.strictObject({ ...typed, ...content, name: z.string(), title: z.string().min(1).max(255), pageLayout: z.enum(['article', 'home']).default('article') });
const changedPage = z.strictObject({ ...typed, ...content });

/** How many columns a section of this layout has. */
const columnsIn: Readonly<Record<(typeof sectionLayouts)[number], number>> = { none: 0, oneColumn: 1, twoColumns: 2, threeColumns: 3, oneThirdLeftColumn: 2, oneThirdRightColumn: 2, fullWidth: 1 };

function readPart(given: z.output<typeof part>, newId: () => string): WebPart {
  const id = given.id ?? newId();
  if (given['@odata.type'] === '#microsoft.graph.textWebPart') return { kind: 'text', id, innerHtml: given.innerHtml };
  const webPartType = given.webPartType.toLowerCase();
  if (!creatableParts.has(webPartType)) throw new GraphFault(400, 'invalidRequest', `The web part type '${webPartType}' is not supported.`);
  return { kind: 'standard', id, webPartType, data: given.data };
}

function readCanvas(given: z.output<typeof canvas> | undefined, newId: () => string): Canvas {
  const horizontalSections = (given?.horizontalSections ?? []).map(({ id, layout, emphasis: strength, columns }, index) => {
    if (columns.length > 0 && columns.length !== columnsIn[layout]) throw new GraphFault(400, 'invalidRequest', `A section of layout '${layout}' does not have ${String(columns.length)} columns.`);
    return { id: id ?? String(index + 1), layout, emphasis: strength, columns: columns.map((column, at) => ({ id: column.id ?? String(at + 1), width: column.width, webparts: column.webparts.map((each) => readPart(each, newId)) })) };
  });
  const vertical = given?.verticalSection;
  return { horizontalSections, verticalSection: vertical == null ? null : { emphasis: vertical.emphasis, webparts: vertical.webparts.map((each) => readPart(each, newId)) } };
}

export interface NewPage {
  readonly name: string;
  readonly pageLayout: 'article' | 'home';
  readonly content: PageContent;
}

/** Throws GraphFault 400. */
export function readNewPage(raw: unknown, newId: () => string): NewPage {
  const { name, pageLayout, canvasLayout, ...body } = parseBody(newPage, raw);
  if (!/^[^"*:<>?/\\|#%]{1,250}\.aspx$/i.test(name)) throw new GraphFault(400, 'invalidRequest', 'The name of a page ends with .aspx and holds no reserved characters.');
  return {
    name, pageLayout,
    content: { title: body.title, description: body.description ?? '', promotionKind: body.promotionKind ?? 'page', showComments: body.showComments ?? true, showRecommendedPages: body.showRecommendedPages ?? true, thumbnailWebUrl: body.thumbnailWebUrl ?? null, titleArea: body.titleArea ?? null, canvas: readCanvas(canvasLayout, newId) },
  };
}

/** The content as a PATCH leaves it. Throws GraphFault 400. */
export function readPageChange(before: PageContent, raw: unknown, newId: () => string): PageContent {
  const { canvasLayout, '@odata.type': _type, ...body } = parseBody(changedPage, raw);
  // https://learn.microsoft.com/graph/api/sitepage-update: a page becomes news, and news never a page again.
  if (before.promotionKind === 'newsPost' && body.promotionKind === 'page') throw new GraphFault(400, 'invalidRequest', 'A news post cannot be demoted.');
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  return { ...before, ...given, ...(canvasLayout === undefined ? {} : { canvas: readCanvas(canvasLayout, newId) }) };
}
