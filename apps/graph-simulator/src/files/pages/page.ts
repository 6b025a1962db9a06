/** A modern page: what stands on it, and which of its versions people see. */
import type { Actor } from '../drives/item.js';
import { partView, type WebPart } from './web-parts.js';

export const sectionLayouts = ['none', 'oneColumn', 'twoColumns', 'threeColumns', 'oneThirdLeftColumn', 'oneThirdRightColumn', 'fullWidth'] as const;
export const emphases = ['none', 'neutral', 'soft', 'strong'] as const;
export type Emphasis = (typeof emphases)[number];

export interface Section {
  readonly id: string;
  readonly layout: (typeof sectionLayouts)[number];
  readonly emphasis: Emphasis;
  readonly columns: readonly { readonly id: string; readonly width: number; readonly webparts: readonly WebPart[] }[];
}

export interface Canvas {
  readonly horizontalSections: readonly Section[];
  readonly verticalSection: { readonly emphasis: Emphasis; readonly webparts: readonly WebPart[] } | null;
}

export interface PageContent {
  readonly title: string;
  readonly description: string;
  readonly promotionKind: 'page' | 'newsPost';
  readonly showComments: boolean;
  readonly showRecommendedPages: boolean;
  readonly thumbnailWebUrl: string | null;
  readonly titleArea: Readonly<Record<string, unknown>> | null;
  readonly canvas: Canvas;
}

export interface Page {
  /** GUID. */
  readonly id: string;
  readonly name: string;
  readonly pageLayout: 'article' | 'home';
  content: PageContent;
  /** The version `major.minor`; whole ones are published. */
  major: number;
  minor: number;
  changes: number;
  readonly createdAt: string;
  readonly createdBy: Actor;
  modifiedAt: string;
  modifiedBy: Actor;
}

/** Changed and not yet published. */
export const isDraft = ({ minor }: Page): boolean => minor > 0;

export function canvasView({ horizontalSections, verticalSection }: Canvas): Record<string, unknown> {
  return {
    horizontalSections: horizontalSections.map(({ id, layout, emphasis, columns }) => ({ id, layout, emphasis, columns: columns.map((column) => ({ id: column.id, width: column.width, webparts: column.webparts.map(partView) })) })),
    ...(verticalSection === null ? {} : { verticalSection: { id: 'v1', emphasis: verticalSection.emphasis, webparts: verticalSection.webparts.map(partView) } }),
  };
}

/** All web parts of a page, in reading order. */
export const partsOf = ({ horizontalSections, verticalSection }: Canvas): WebPart[] => [...horizontalSections.flatMap(({ columns }) => columns.flatMap(({ webparts }) => webparts)), ...(verticalSection?.webparts ?? [])];
