/** What a site is made with besides its files: lists, columns, content types, pages. Items follow from the seed; a million cost no more memory than ten. */
import { z } from 'zod';
import { driveProfileSchema } from '../drives/drive-profile.js';
import { pageProfileSchema } from '../pages/page-profile.js';

const every = z.int().min(0).default(0);

/** A column: the body Graph takes, a lookup naming its list by title (without one: its own); or one of those kinds that Graph does not make, or not whole. */
const columnProfile = z.union([
  z.strictObject({ kind: z.enum(['url', 'term', 'multiterm', 'location', 'geolocation', 'thumbnail']), name: z.string(), displayName: z.string().optional() }),
  z.record(z.string(), z.unknown()),
]);
export type ColumnProfile = z.output<typeof columnProfile>;

export const listProfileSchema = z.strictObject({
  displayName: z.string().min(1),
  description: z.string().default(''),
  template: z.string().default('genericList'),
  /** Shown to those alone who select `system`. */
  system: z.boolean().default(false),
  seed: z.string().default('content'),
  /** Ids that were given out. */
  items: z.int().min(0).max(20_000_000).default(0),
  /** One id in `n` has been deleted since; 0: none. */
  gapEvery: every,
  /** One item in `n` has earlier versions. */
  versionsEvery: every,
  /** One item in `n` has files attached, which Graph does not show. */
  attachmentsEvery: every,
  /** One value in `n` is empty. */
  emptyEvery: every,
  columns: z.array(columnProfile).default([]),
  /** Content types of the site that it has besides the first; items have them by turns. */
  contentTypes: z.array(z.string()).default([]),
  /** A column of each kind there is, besides those above. */
  everyKind: z.boolean().default(false),
});
export type ListProfile = z.output<typeof listProfileSchema>;

export const libraryProfileSchema = z.strictObject({ displayName: z.string().min(1), description: z.string().optional(), content: driveProfileSchema.optional() });

const contentTypeProfile = z.strictObject({ name: z.string().min(1), description: z.string().default(''), group: z.string().default('Custom Content Types'), parent: z.enum(['Item', 'Document', 'Folder']).default('Item'), columns: z.array(z.string()).default([]) });

export const siteProfileSchema = z.strictObject({
  lists: z.array(listProfileSchema).default([]),
  /** Columns of libraries, by the library's title. */
  libraryColumns: z.record(z.string(), z.array(columnProfile)).default({}),
  /** Columns of the site itself. */
  columns: z.array(columnProfile).default([]),
  contentTypes: z.array(contentTypeProfile).default([]),
  pages: pageProfileSchema.prefault({}),
  /** How many people of the tenant the site knows; person columns name them. */
  people: z.int().min(0).max(100_000).default(5),
});
export type SiteProfile = z.output<typeof siteProfileSchema>;
export const parseSiteProfile = (input: unknown): SiteProfile => siteProfileSchema.parse(input ?? {});

/** A column of each kind, those among them that no application can make, or fill. */
export const columnsOfEveryKind: readonly ColumnProfile[] = [
  { name: 'Code', displayName: 'Code №', indexed: true, text: { maxLength: 60 } },
  { name: 'Remarks', text: { allowMultipleLines: true, textType: 'richText', linesForEditing: 6 } },
  { name: 'Log', text: { allowMultipleLines: true } },
  { name: 'Qty', indexed: true, number: { decimalPlaces: 'none', minimum: 0 } },
  { name: 'Share', number: { displayAs: 'percentage', decimalPlaces: 'two' } },
  { name: 'Price', currency: { locale: 'de-DE' } },
  { name: 'Active', boolean: {} },
  { name: 'Kind', choice: { choices: ['Ä', 'B & C', 'D;#E'], displayAs: 'dropDownMenu' } },
  { name: 'Level', choice: { choices: ['low', 'high'], displayAs: 'radioButtons', allowTextEntry: true } },
  { name: 'Tags', choice: { choices: ['red', 'green', 'bläu'], displayAs: 'checkBoxes' } },
  { name: 'Due', dateTime: { format: 'dateOnly' } },
  { name: 'Seen', dateTime: { format: 'dateTime' } },
  { name: 'Boss', personOrGroup: { chooseFromType: 'peopleOnly' } },
  { name: 'Team', personOrGroup: { allowMultipleSelection: true } },
  { name: 'Parent', lookup: { columnName: 'Title' } },
  { name: 'Related', lookup: { columnName: 'Title', allowMultipleValues: true } },
  { name: 'Total', calculated: { formula: '=[Price]*[Qty]', outputType: 'number' } },
  { kind: 'url', name: 'Link' },
  { kind: 'term', name: 'Topic' },
  { kind: 'multiterm', name: 'Topics' },
  { kind: 'location', name: 'Place' },
  { kind: 'thumbnail', name: 'Picture' },
];
