/** Values of columns, made from numbers. */
import { mix } from '../content/seeded-bytes.js';
import type { Actor } from '../drives/item.js';
import { isMultiple, type Column } from './column.js';
import type { FieldValues, Row } from './row.js';
import type { SeededRows } from './list-rows.js';
import type { ListProfile } from './site-profile.js';
import { stableGuid } from '../../world/ids.js';

const dayMs = 86_400_000;
const epochMs = Date.UTC(2019, 0, 1);
const words = ['Offer', 'Contract', 'Prüfung', '報告', 'Visit', 'отчёт', "O'Neil & Søn", 'Order; "express"', '😀 idea', 'a < b > c'];
const terms = ['Sales', 'Vertrieb', '市場'];
const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const seedOf = (text: string): number => [...text].reduce((sum, char) => mix(sum, char.codePointAt(0) ?? 0), 23);

/** Where values of people and lookups lead. */
export interface SeededContext {
  /** Numbers of the people that the site knows. */
  readonly people: readonly number[];
  /** An item of another list of the site, at or after a place; null for an empty list. */
  readonly target: (listId: string, at: number) => number | null;
}

function valueFor(column: Column, id: number, random: (purpose: number) => number, context: SeededContext): unknown {
  const one = random(1);
  const word = words[one % words.length] ?? '';
  switch (column.kind) {
    case 'text': return column.enforceUniqueValues ? `${word} ${String(id)}` : `${word} ${String(one % 1_000)}`;
    case 'note': return column.facet['textType'] === 'richText' ? `<div>${word.replaceAll('&', '&amp;').replaceAll('<', '&lt;')} <strong>${String(one % 100)}</strong></div>` : `${word}\n${String(one % 100)}`;
    case 'number': return column.facet['displayAs'] === 'percentage' ? (one % 10_000) / 10_000 : one % 500;
    case 'currency': return (one % 1_000_000) / 100;
    case 'boolean': return one % 2 === 0;
    case 'choice': return pick(choicesOf(column), one);
    case 'multichoice': return choicesOf(column).filter((_each, index) => (one >> index) % 2 === 0);
    case 'dateTime': return column.facet['format'] === 'dateOnly' ? `${seconds(epochMs + (one % 2_500) * dayMs).slice(0, 10)}T00:00:00Z` : seconds(epochMs + (one % 2_500) * dayMs + (random(2) % 86_400) * 1_000);
    case 'user': return several(column, one, (n) => pick(context.people, mix(one, n)));
    case 'lookup': return several(column, one, (n) => context.target(String(column.facet['listId']), mix(one, n)) ?? undefined);
    case 'url': return { Url: `https://example.com/${String(one % 1_000)}?a=1&b=2`, Description: word };
    case 'term': case 'multiterm': return several(column, one, (n) => term(mix(one, n)));
    case 'location': return JSON.stringify({ DisplayName: word, Address: { City: 'Köln', CountryOrRegion: 'Germany' }, Coordinates: { Latitude: 50.9, Longitude: 6.9 } });
    case 'thumbnail': return JSON.stringify({ type: 'thumbnail', fileName: `Reserved_ImageAttachment_[${String(id)}].png`, serverRelativeUrl: '' });
    default: return undefined;
  }
}

const pick = <T>(from: readonly T[], at: number): T | undefined => (from.length === 0 ? undefined : from[at % from.length]);
const choicesOf = ({ facet }: Column): string[] => (Array.isArray(facet['choices']) ? (facet['choices'] as string[]) : []);
const term = (at: number): Record<string, unknown> => ({ Label: pick(terms, at), TermGuid: stableGuid('term', pick(terms, at) ?? ''), WssId: 1 + (at % terms.length) });

/** One value, or up to three different ones. */
function several<T>(column: Column, random: number, make: (n: number) => T | undefined): T | T[] | undefined {
  if (!isMultiple(column)) return make(0);
  const made = Array.from({ length: 1 + (random % 3) }, (_each, n) => make(n)).filter((each) => each !== undefined);
  const seen = new Set<string>();
  return made.filter((each) => !seen.has(JSON.stringify(each)) && seen.add(JSON.stringify(each)));
}

/** Values of the columns that applications write, `emptyEvery`th ones left out. */
export function seededValues(columns: readonly Column[], { seed, emptyEvery }: Pick<ListProfile, 'seed' | 'emptyEvery'>, id: number, context: SeededContext): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const base = mix(seedOf(seed), id);
  for (const [index, column] of columns.entries()) {
    if (column.kind === 'calculated' || (!column.isDeletable && column.name !== 'Title')) continue;
    const random = (purpose: number): number => mix(mix(base, index + 1), purpose);
    if (column.name !== 'Title' && !column.enforceUniqueValues && emptyEvery > 0 && random(0) % emptyEvery === 0) continue;
    const value = valueFor(column, id, random, context);
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) values[column.name] = value;
  }
  return values;
}

export interface SeededListParts {
  readonly listId: string;
  readonly profile: ListProfile;
  /** Items have them by turns. */
  readonly contentTypes: readonly { readonly id: string }[];
  /** Columns that it was made with. */
  readonly columns: readonly Column[];
  /** Who wrote the items, by turns. */
  readonly authors: readonly Actor[];
  readonly context: SeededContext;
}

const nth = (id: number, every: number): boolean => every > 0 && id % every === 0;

/** The items of a list's profile. */
export function seededRows({ listId, profile, contentTypes, columns, authors, context }: SeededListParts): SeededRows {
  const seed = seedOf(`${profile.seed} ${profile.displayName}`);
  const author = (at: number): Actor => authors[at % authors.length] ?? { kind: 'app', clientId: 'system' };
  const values = (id: number, turn: number): FieldValues => seededValues(columns, { ...profile, seed: turn === 0 ? profile.seed : `${profile.seed} ${String(turn)}` }, id, context);
  const has = (id: number): boolean => id >= 1 && id <= profile.items && Number.isInteger(id) && !nth(id, profile.gapEvery);
  return {
    last: profile.items,
    count: profile.items - (profile.gapEvery > 0 ? Math.floor(profile.items / profile.gapEvery) : 0),
    has,
    row: (id): Row | undefined => {
      if (!has(id)) return undefined;
      const random = mix(seed, id);
      const createdMs = epochMs + (random % 2_000) * dayMs + (mix(random, 1) % 86_400) * 1_000;
      const history = nth(id, profile.versionsEvery) ? 2 : 0;
      const modifiedMs = createdMs + (history + (mix(random, 2) % 300)) * dayMs;
      const by = author(random);
      return {
        id, guid: stableGuid('list item', listId, String(id)), contentTypeId: contentTypes[id % contentTypes.length]?.id ?? '', values: values(id, 0), createdAt: seconds(createdMs), modifiedAt: seconds(modifiedMs), createdBy: by, modifiedBy: author(mix(random, 3)), version: 1 + history, changes: 1 + history,
        earlier: Array.from({ length: history }, (_each, index) => ({ number: index + 1, values: values(id, history - index), modifiedAt: seconds(createdMs + index * dayMs), modifiedBy: by })),
        hasAttachments: nth(id, profile.attachmentsEvery),
      };
    },
  };
}
