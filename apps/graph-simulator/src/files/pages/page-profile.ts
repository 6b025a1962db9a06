/** The pages a site is made with. */
import { z } from 'zod';
import { stableGuid } from '../../world/ids.js';
import { mix } from '../content/seeded-bytes.js';
import type { Actor } from '../drives/item.js';
import { siteUrl, type Site } from '../file-store.js';
import type { Canvas, Emphasis, Page, Section } from './page.js';
import { creatableParts, otherParts, type WebPart } from './web-parts.js';

const every = z.int().min(0).default(0);

export const pageProfileSchema = z.strictObject({
  seed: z.string().default('pages'),
  pages: z.int().min(0).max(20_000).default(0),
  /** One page in `n` is news; has a web part that no application makes; was never published; stands in two columns and a vertical section. */
  newsEvery: every,
  foreignPartsEvery: every,
  draftEvery: every,
  columnsEvery: every,
});
export type PageProfile = z.output<typeof pageProfileSchema>;

const titles = ['Welcome', 'Über uns', 'チーム', 'How we work & why', 'Новости', 'Q&A "2024"'];
const emphases: readonly Emphasis[] = ['none', 'neutral', 'soft', 'strong'];
const at = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;
const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Pages tell of the site they stand on: its address and its ids are in their web parts, as in real ones. */
function standardPart(site: Site, id: string, webPartType: string, title: string): WebPart {
  const url = siteUrl(site);
  return {
    kind: 'standard', id, webPartType,
    data: {
      dataVersion: '1.0', title, description: `${title} of the site`, properties: { siteId: site.collectionId, webId: site.webId, items: [{ sourceItem: { url: `${url}/Shared Documents` } }] },
      serverProcessedContent: { htmlStrings: [], searchablePlainTexts: [{ key: 'title', value: title }], links: [{ key: 'baseUrl', value: url }], imageSources: [] },
    },
  };
}

function canvasFor(site: Site, profile: PageProfile, number: number, random: (purpose: number) => number): Canvas {
  const id = (n: number): string => stableGuid('web part', site.webId, profile.seed, String(number), String(n));
  const text = (n: number): WebPart => ({ kind: 'text', id: id(n), innerHtml: `<p>${at(titles, random(n)).replaceAll('&', '&amp;')} <a href="${siteUrl(site)}/SitePages/Home.aspx">${String(number)}</a></p>` });
  const [type, title] = at([...creatableParts], random(20));
  const first: Section = { id: '1', layout: 'oneColumn', emphasis: at(emphases, random(21)), columns: [{ id: '1', width: 12, webparts: [text(1), standardPart(site, id(2), type, title), ...(isNth(number, profile.foreignPartsEvery) ? [standardPart(site, id(3), ...at([...otherParts], random(22)))] : [])] }] };
  if (!isNth(number, profile.columnsEvery)) return { horizontalSections: [first], verticalSection: null };
  const second: Section = { id: '2', layout: 'twoColumns', emphasis: 'none', columns: [{ id: '1', width: 6, webparts: [text(4)] }, { id: '2', width: 6, webparts: [text(5), text(6)] }] };
  return { horizontalSections: [first, second], verticalSection: { emphasis: 'soft', webparts: [text(7)] } };
}

const isNth = (number: number, nth: number): boolean => nth > 0 && number % nth === nth - 1;

/** The pages of a profile. */
export function seededPages(site: Site, profile: PageProfile, authors: readonly Actor[]): Page[] {
  const base = [...profile.seed].reduce((sum, char) => mix(sum, char.codePointAt(0) ?? 0), 31);
  return Array.from({ length: profile.pages }, (_each, number): Page => {
    const random = (purpose: number): number => mix(mix(base, number), purpose);
    const createdMs = Date.UTC(2020, 0, 1) + (random(30) % 1_500) * 86_400_000;
    const by: Actor = authors.length === 0 ? { kind: 'app', clientId: 'system' } : at(authors, random(31));
    const draft = isNth(number, profile.draftEvery);
    return {
      id: stableGuid('page', site.webId, profile.seed, String(number)), name: `Page-${String(number)}.aspx`, pageLayout: 'article', major: draft ? 0 : 1, minor: draft ? 1 : 0, changes: 1, createdAt: seconds(createdMs), createdBy: by, modifiedAt: seconds(createdMs + (random(32) % 90) * 86_400_000), modifiedBy: by,
      content: {
        title: `${at(titles, random(33))} ${String(number)}`, description: `${at(titles, random(34))}`, promotionKind: isNth(number, profile.newsEvery) ? 'newsPost' : 'page', showComments: random(35) % 2 === 0, showRecommendedPages: false, thumbnailWebUrl: null,
        titleArea: { layout: at(['imageAndTitle', 'plain', 'colorBlock', 'overlap'], random(36)), textAlignment: at(['left', 'center'], random(37)), showAuthor: true, showPublishedDate: random(38) % 2 === 0, showTextBlockAboveTitle: false, textAboveTitle: '', alternativeText: '', enableGradientEffect: true },
        canvas: canvasFor(site, profile, number, random),
      },
    };
  });
}
