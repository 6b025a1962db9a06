/** The pages of two sites held against each other, by name. */
import { isDraft, type Canvas, type Page } from '../pages/page.js';
import type { SitePages } from '../pages/site-pages.js';
import { creatableParts, type WebPart } from '../pages/web-parts.js';
import type { Rewrite } from './rewritten.js';
import { judge, newTally, note, type Tally } from './tally.js';

export interface PageTally extends Tally {
  /** Web parts that no application makes, and what stands in their place: a text that says so. */
  readonly placeholders: number;
  /** Copies of pages that were deleted at the source. */
  kept: number;
}

export function comparePages(source: SitePages, dest: SitePages, rewrite: Rewrite, examplesMax: number): PageTally {
  const tally = { ...newTally(), placeholders: 0, kept: 0 };
  const left = new Set(dest.all);
  for (const page of source.all) {
    tally.expected += 1;
    const copy = dest.named(page.name);
    if (copy === undefined) {
      note(tally, 'missing', page.name, examplesMax);
      continue;
    }
    left.delete(copy);
    const { differences, placeholders } = differencesOf(page, copy, rewrite);
    tally.placeholders += placeholders;
    judge(tally, page.name, differences, examplesMax);
  }
  const gone = new Set(source.removed.map(({ name }) => name.toLowerCase()));
  // The home page is there without a migration.
  for (const page of left) if (page.pageLayout !== 'home') note(tally, gone.delete(page.name.toLowerCase()) ? 'kept' : 'extra', page.name, examplesMax);
  return tally;
}

function differencesOf(page: Page, copy: Page, rewrite: Rewrite): { differences: string[]; placeholders: number } {
  const differences: string[] = [];
  const [wanted, got] = [page.content, copy.content];
  for (const name of ['title', 'description', 'promotionKind', 'showComments', 'showRecommendedPages'] as const) if (wanted[name] !== got[name]) differences.push(name);
  if (rewrite(wanted.thumbnailWebUrl ?? '') !== (got.thumbnailWebUrl ?? '')) differences.push('thumbnailWebUrl');
  if (rewrite(said(wanted.titleArea)) !== said(got.titleArea)) differences.push('titleArea');
  if (isDraft(page) !== isDraft(copy)) differences.push(isDraft(page) ? 'published' : 'not published');
  const shape = ({ horizontalSections, verticalSection }: Canvas): string => JSON.stringify([horizontalSections.map(({ layout, emphasis, columns }) => [layout, emphasis, columns.map(({ width }) => width)]), verticalSection?.emphasis ?? null]);
  if (shape(wanted.canvas) !== shape(got.canvas)) differences.push('sections');
  const [places, copies] = [placesOf(wanted.canvas), placesOf(got.canvas)];
  let placeholders = 0;
  for (const [at, parts] of places.entries()) {
    const there = copies[at] ?? [];
    if (parts.length !== there.length) differences.push(`${String(parts.length)} parts are ${String(there.length)} in place ${String(at)}`);
    for (const [index, part] of parts.entries()) {
      const other = there[index];
      if (other === undefined) continue;
      if (part.kind === 'standard' && !creatableParts.has(part.webPartType)) {
        if (other.kind === 'text') placeholders += 1;
        else differences.push(`part ${String(index)} in place ${String(at)} is no text`);
      } else if (rewrite(partText(part)) !== partText(other)) differences.push(`part ${String(index)} in place ${String(at)}`);
    }
  }
  return { differences, placeholders };
}

/** The web parts of each column, the vertical section's last. */
const placesOf = ({ horizontalSections, verticalSection }: Canvas): (readonly WebPart[])[] => [...horizontalSections.flatMap(({ columns }) => columns.map(({ webparts }) => webparts)), verticalSection?.webparts ?? []];
const partText = (part: WebPart): string => (part.kind === 'text' ? part.innerHtml : `${part.webPartType} ${said(part.data)}`);

/** The same text for the same content, whatever the order of its properties; empty ones left out. */
export function said(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(said).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, each]) => each !== null && each !== undefined && each !== '').sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${said(each)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}
