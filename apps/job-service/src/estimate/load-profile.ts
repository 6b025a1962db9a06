/**
 * What a workload asks of Graph, in steps: one request of a unit that keeps all its allowed requests in flight. A request that nothing
 * runs beside (opening the unit, the next page of a listing) keeps the other places empty and counts as four. A pace in milliseconds per
 * step then says how long a unit takes, and can be learnt from any other unit, whatever its mix.
 */
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import { exactly, nothing, type Range } from './range.js';

/** What a pass does with an item; a dry run lists and writes nothing. */
export type PassKind = 'full' | 'dry' | 'delta' | 'retry' | 'verify';

export interface LoadProfile {
  /** Steps for one item, by what the pass does with it. Each MiB of what is written counts as one more. */
  readonly stepsPerItem: Readonly<Record<PassKind, number>>;
  /** How far items of a unit differ from that, where they are of several kinds and nobody says of which. */
  readonly stepsShare: Range;
  /** Steps of a unit with nothing in it, from a plain one to one with hundreds of folders; and of a usual one. */
  readonly stepsPerUnit: Readonly<Record<PassKind, Range>>;
  readonly usualStepsPerUnit: Readonly<Record<PassKind, number>>;
  /** Of a byte so many travel. */
  readonly onTheWire: number;
  /** What an item weighs where nothing says it, bytes. */
  readonly itemBytes: Range;
  /** How many of its size may be one item, where discovery knows the size alone; null: then nothing is known. */
  readonly bytesPerItem: Range | null;
  /** How often an item is written: once, or once for each version. */
  readonly writesPerItem: Range;
  /** Microsoft's resource units that an item costs at each end; zero where it counts requests of the unit. */
  readonly unitsPerItem: Readonly<Record<PassKind, { readonly source: Range; readonly dest: Range }>>;
}

const alone = 4;

/**
 * Writing an item is one import at the destination; its export shares a request with up to 19 others, its listing one with up to 249. A
 * mailbox costs some forty requests whatever it holds: both ends, folders and their counterparts, settings, rules. The usual one of some
 * thirty folders was measured on the simulator. Microsoft counts requests and uploaded bytes of the mailbox (pass-limits.ts).
 */
const mail = ((): LoadProfile => {
  const exported = 1 / 20;
  const listed = alone / 250;
  const none = { source: nothing, dest: nothing };
  return {
    stepsPerItem: { full: 1 + exported + listed, retry: 1 + exported, delta: 1 + exported, dry: listed, verify: 2 * (exported + listed) },
    stepsPerUnit: { full: { low: 120, high: 600 }, dry: { low: 60, high: 400 }, delta: { low: 80, high: 400 }, retry: { low: 40, high: 400 }, verify: { low: 80, high: 500 } },
    usualStepsPerUnit: { full: 240, dry: 160, delta: 160, retry: 100, verify: 160 },
    stepsShare: exactly(1),
    // The stream travels as base64.
    onTheWire: 4 / 3,
    itemBytes: { low: 10 * 1024, high: 200 * 1024 },
    bytesPerItem: null,
    writesPerItem: exactly(1),
    unitsPerItem: { full: none, dry: none, delta: none, retry: none, verify: none },
  };
})();

/**
 * A file is asked for and read at the source, begun and sent at the destination: four requests. Listings come two hundred at a time. In
 * resource units (graph/files.md 10.1) a download is 1 and a write 2; whether an upload session and its fragments count apart is not
 * published, and permissions of an item cost 5 at each end where it is shared: the high bound holds both. Versions are written each like
 * the file; how many there are nobody says beforehand.
 */
const files = ((): LoadProfile => {
  const listed = alone / 200;
  const read: Range = { low: 1 + 2 / 200, high: 2 };
  const written: Range = { low: 2, high: 7 };
  const looked: Range = { low: 1 / 200, high: 2 / 200 };
  return {
    stepsPerItem: { full: 4 + listed, retry: 4, delta: 4, dry: listed, verify: 2 * listed },
    stepsPerUnit: { full: { low: 20, high: 400 }, dry: { low: 10, high: 100 }, delta: { low: 10, high: 100 }, retry: { low: 10, high: 100 }, verify: { low: 20, high: 200 } },
    usualStepsPerUnit: { full: 80, dry: 30, delta: 30, retry: 30, verify: 60 },
    stepsShare: exactly(1),
    onTheWire: 1,
    itemBytes: { low: 20 * 1024, high: 2 * 1024 ** 2 },
    bytesPerItem: { low: 20 * 1024, high: 20 * 1024 ** 2 },
    writesPerItem: exactly(1),
    unitsPerItem: { full: { source: read, dest: written }, retry: { source: read, dest: written }, delta: { source: read, dest: written }, dry: { source: looked, dest: nothing }, verify: { source: looked, dest: looked } },
  };
})();
/**
 * A site has files, list items and pages, and discovery says of none how many. An item of a list is one request, a file four, a page five: read,
 * made, published, and looked at on both sides. Each list costs requests for its columns on both sides, and one for each column that is made: the high
 * bound holds thirty lists of ten columns.
 */
const sites: LoadProfile = {
  ...files,
  stepsShare: { low: 1 / 4, high: 5 / 4 },
  stepsPerUnit: { full: { low: 40, high: 2_000 }, dry: { low: 20, high: 600 }, delta: { low: 20, high: 600 }, retry: { low: 20, high: 600 }, verify: { low: 40, high: 1_000 } },
  usualStepsPerUnit: { full: 200, dry: 80, delta: 80, retry: 80, verify: 160 },
  unitsPerItem: { ...files.unitsPerItem, full: { source: { low: 2 / 200, high: 2 }, dest: { low: 2, high: 8 } } },
};

/** Of files with all their versions; a document that people work on has a handful. */
const withVersions = (profile: LoadProfile): LoadProfile => ({ ...profile, writesPerItem: { low: 1, high: 3 } });
const profiles: Readonly<Record<WorkloadName, { readonly plain: LoadProfile; readonly versioned: LoadProfile }>> = {
  EMAIL: { plain: mail, versioned: mail },
  ONEDRIVE: { plain: files, versioned: withVersions(files) },
  SHAREPOINT: { plain: sites, versioned: withVersions(sites) },
  TEAMS: { plain: files, versioned: withVersions(files) },
};

/** `versions`: the job copies more than the current one. */
export const profileOf = (workload: WorkloadName, versions: boolean): LoadProfile => profiles[workload][versions ? 'versioned' : 'plain'];
