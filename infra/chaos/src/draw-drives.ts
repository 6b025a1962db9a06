/** What drives bring to a plan: their content, their listings' manners, what their owners do and what Microsoft does wrong with them. Pure. */
import { drawFaults, type Fault, type FaultSpace } from './draw-faults.js';
import type { PlanSize } from './plan.js';
import { randomOf, type Random } from './random.js';

/** The simulator's profile of one drive (apps/graph-simulator). */
export interface DriveContent extends Record<string, unknown> {
  files: number;
  folders: number;
}

export interface DrivesPlan {
  drives: { alias: string; content: DriveContent }[];
  /** How awkward the source's listings are. */
  manners: { order: 'asWritten' | 'mixed'; emptyPageEvery: number; repeatEvery: number; pageItemsMax: number | null };
}

/** What owners do to their drives, in each of them; `POST /files/changes` of the simulator. */
export type DriveChanges = Readonly<Record<string, number>>;

export function drawDrives(seed: number, size: PlanSize, people: readonly string[]): DrivesPlan {
  const random = randomOf(seed, 'drives');
  const count = size === 'short' ? 2 : random.between(2, 4);
  return {
    drives: people.slice(0, count).map((alias, index) => ({ alias, content: contentOf(randomOf(seed, `drive of ${alias}`), `${seed} ${alias}`, size, index) })),
    manners: { order: random.pick(['asWritten', 'mixed'] as const), emptyPageEvery: random.pick([0, 2, 3]), repeatEvery: random.pick([0, 2, 3]), pageItemsMax: random.pick([3, 7, 20, null]) },
  };
}

function contentOf(random: Random, seed: string, size: PlanSize, index: number): DriveContent {
  return {
    seed,
    files: size === 'short' ? random.between(10, 20) : random.between(30, 110),
    folders: size === 'short' ? random.between(2, 5) : random.between(4, 18),
    fanout: random.between(2, 5),
    bytesMax: 60_000,
    // Above what is sent at once: some seconds of several fragments, in a session that can be lost.
    large: index === 0 ? (size === 'short' ? [11_000_000] : [11_000_000, 24_000_000]) : [],
    emptyFolders: random.between(0, 2),
    emptyEvery: random.pick([0, 9]),
    malwareEvery: random.pick([0, 15]),
    notebooks: random.below(2),
    shortcuts: random.below(2),
  };
}

/** What a pass costs that carries all of it: a file is read, its upload opened and sent; a folder is made and dated. */
export const requestsOf = ({ drives }: DrivesPlan): number => drives.reduce((sum, { content }) => sum + content.files * 3.2 + content.folders * 2 + 20, 0);

export function drawDriveChanges(random: Random): DriveChanges {
  const some = (most: number): number => random.between(0, most);
  return {
    ...{ new: random.between(1, 6), edited: some(4), emptied: some(1), renamed: some(3), moved: some(3), deleted: some(3), locked: random.chance(0.3) ? 1 : 0 },
    ...{ newFolders: some(2), renamedFolders: some(2), movedFolders: some(1), deletedFolders: random.chance(0.3) ? 1 : 0 },
  };
}

const writes = ['createUploadSession', 'uploadSession\\?', '/items/[^/:?]+/children$', ':/content', '/items/[^/:?]+(\\?|$)'];
const reads = ['root/delta', 'download\\.aspx', '/items/[^/?]+:/'];
/** Besides what befalls every workload. */
const own: FaultSpace['own'] = [
  { name: 'somebody has the file open', paths: ['download\\.aspx', '/items/[^/:?]+\\?', 'uploadSession\\?'], action: { kind: 'status', status: 423, code: 'resourceLocked', message: 'The resource you are attempting to access is locked.' } },
  { name: 'delta token forgotten', paths: ['root/delta'], action: { kind: 'status', status: 410, code: 'resyncRequired', message: 'Resync required.' }, most: 2 },
  { name: 'upload session lost', paths: ['uploadSession\\?'], action: { kind: 'status', status: 404, code: 'itemNotFound', message: 'The upload session was not found.' } },
  { name: 'address of a file expired', paths: ['download\\.aspx'], action: { kind: 'status', status: 401, code: 'unauthenticated', message: 'The download link has expired.' } },
];

export const drawDriveFaults = (random: Random, seed: number, act: number, size: PlanSize): Fault[] => drawFaults(random, `${seed}.${act}.drives`, size, { writes, reads, any: ['graph\\.microsoft\\.com.*/drive|sharepoint\\.com'], drips: ['root/delta'], own });
