/** What a site brings to a plan: its library, lists and pages, what people do to them and what Microsoft does wrong with them. Pure. */
import { drawFaults, type Fault, type FaultSpace } from './draw-faults.js';
import type { PlanSize } from './plan.js';
import { randomOf, type Random } from './random.js';

/** The simulator's description of one site (apps/graph-simulator). */
export interface SitePlan {
  content: { seed: string; files: number; folders: number } & Record<string, unknown>;
  structure: { lists: ({ items: number } & Record<string, unknown>)[]; libraryColumns: Record<string, unknown[]>; pages: { pages: number } & Record<string, unknown> };
}

/** `library`: `POST /files/changes` of the simulator; `edits`: steps of its `POST /sites/changes`. */
export interface SiteChanges {
  library: Readonly<Record<string, number>>;
  edits: readonly Record<string, unknown>[];
}

const notes = 30;
const pages = 8;
/** Rounds of changes that a plan draws at most, and what each may delete: things that nothing else changes or points at. */
const rounds = { short: 4, long: 10 } as const;
const deletedMost = 2;

export function drawSite(seed: number, size: PlanSize): SitePlan {
  const random = randomOf(seed, 'site');
  const short = size === 'short';
  // What files say in columns is written beside them, when they stand: each costs as much as two.
  const columns = random.chance(0.6);
  return {
    content: { seed: `${seed} site`, files: short ? random.between(6, 12) : columns ? random.between(10, 30) : random.between(20, 60), folders: random.between(2, 8), fanout: 3, bytesMax: 60_000, emptyFolders: random.below(2), emptyEvery: random.pick([0, 9]) },
    structure: {
      lists: [
        { displayName: 'Notes', items: notes, columns: [{ name: 'Qty', number: {} }] },
        { displayName: 'Visits', items: rounds[size] * deletedMost, columns: [{ name: 'Town', text: {} }, { name: 'Seen', dateTime: {} }] },
        { displayName: 'Tasks', items: short ? 6 : random.between(10, 40), columns: [{ name: 'Note', lookup: { listId: 'Notes' } }, { name: 'Parent', lookup: { columnName: 'Title' } }] },
      ],
      libraryColumns: { Documents: columns ? [{ name: 'Stage', choice: { choices: ['open', 'won', 'lost'] } }, { name: 'Amount', number: {} }] : [] },
      pages: { pages: pages + rounds[size], newsEvery: 3, draftEvery: 5, foreignPartsEvery: random.pick([0, 4]) },
    },
  };
}

/** A list item is written once and found once, one with a lookup into its own list twice; a page is read, made, published and looked at. */
export const requestsOfSite = ({ content, structure }: SitePlan): number => content.files * (Object.values(structure.libraryColumns).flat().length > 0 ? 7 : 3.2) + content.folders * 2 + structure.lists.reduce((sum, { items }) => sum + items * 1.5, 0) + structure.pages.pages * 4 + 40;

/** `round`: how many the plan has drawn before. */
export function drawSiteChanges(random: Random, round: number): SiteChanges {
  const some = (most: number): number => random.between(0, most);
  const number = (): number => random.below(1_000_000);
  const times = (count: number, step: () => Record<string, unknown>): Record<string, unknown>[] => Array.from({ length: count }, step);
  return {
    library: { new: random.between(1, 4), edited: some(3), renamed: some(2), moved: some(2), deleted: some(2), newFolders: some(1), renamedFolders: some(1) },
    edits: [
      ...times(random.between(1, 4), () => ({ kind: 'addItem', list: 'Notes', fields: { Title: `Later ${String(number())}`, Qty: number() } })),
      ...times(some(3), () => ({ kind: 'editItem', list: 'Notes', item: random.between(1, notes), fields: { Qty: number() } })),
      ...times(some(2), () => ({ kind: 'addItem', list: 'Tasks', fields: { Title: `Task ${String(number())}`, NoteLookupId: String(random.between(1, notes)) } })),
      ...times(some(2), () => ({ kind: 'editPage', page: `Page-${String(random.below(pages))}.aspx`, title: `Edited ${String(number())}` })),
      ...times(some(deletedMost), () => ({ kind: 'deleteItem', list: 'Visits' })).map((step, at) => ({ ...step, item: round * deletedMost + at + 1 })),
      ...times(some(1), () => ({ kind: 'deletePage', page: `Page-${String(pages + round)}.aspx` })),
      ...times(some(1), () => ({ kind: 'addPage', page: `Later-${String(number())}.aspx`, title: `Later ${String(number())}` })),
    ],
  };
}

const writes = ['createUploadSession', 'uploadSession\\?', '/items/[^/:?]+/children$', '/lists$|/columns$', '/lists/[^/]+/items$', '/fields$', '/pages$', '/publish$', '/pages/[^/]+/microsoft\\.graph\\.sitePage$'];
const reads = ['items/delta', 'root/delta', 'download\\.aspx', '/pages/', '/lists\\?'];
const own: FaultSpace['own'] = [
  { name: 'delta token forgotten', paths: ['items/delta', 'root/delta'], action: { kind: 'status', status: 410, code: 'resyncRequired', message: 'Resync required.' }, most: 2 },
  { name: 'upload session lost', paths: ['uploadSession\\?'], action: { kind: 'status', status: 404, code: 'itemNotFound', message: 'The upload session was not found.' } },
];

export const drawSiteFaults = (random: Random, seed: number, act: number, size: PlanSize): Fault[] => drawFaults(random, `${seed}.${act}.site`, size, { writes, reads, any: ['graph\\.microsoft\\.com.*/sites/|sharepoint\\.com'], drips: ['items/delta', 'root/delta'], own });
