/** What is struck when: the whole of a run follows from its seed and its size. Pure. */
import { drawDriveChanges, drawDriveFaults, drawDrives, requestsOf, type DriveChanges, type DrivesPlan } from './draw-drives.js';
import { drawFaults, mailboxFaults, type Fault } from './draw-faults.js';
import { drawSite, drawSiteChanges, drawSiteFaults, requestsOfSite, type SiteChanges, type SitePlan } from './draw-site.js';
import { drawStrikes, type Strike } from './draw-strikes.js';
import { randomOf, type Random } from './random.js';

export type PlanSize = 'short' | 'long';

/** What owners do to their mailboxes, in each of them; `POST /exchange/changes` of the simulator. */
export interface Changes {
  new: number;
  edited: number;
  readFlags: number;
  newFolder: boolean;
  moved: number;
  deleted: number;
}

/** What owners do to all that a run carries. */
export interface SourceChanges {
  mailboxes: Changes;
  drives: DriveChanges;
  site: SiteChanges;
}

/** A moment: so many requests after the beginning of the act, counted at the simulator. The progress of the work, not the clock, decides. */
export interface Moment {
  at: number;
}

export interface Act {
  pass: 'full' | 'delta' | 'retry' | 'verify';
  /** A second job over the same sources begins in the middle, of each workload. */
  rival: Moment | null;
  before: SourceChanges | null;
  during: (Moment & { changes: SourceChanges }) | null;
  pauses: (Moment & { restMs: number })[];
  faults: Fault[];
  strikes: Strike[];
}

/** The generator's profile of one mailbox (apps/graph-simulator). */
export interface MailboxContent extends Record<string, unknown> {
  seed: string;
  messages: number;
}

/** What jobs can carry here. */
export const carriable = ['EMAIL', 'ONEDRIVE', 'SHAREPOINT'] as const;
export type Carriable = (typeof carriable)[number];

export interface Plan {
  seed: number;
  size: PlanSize;
  /** A job for each, all at once. */
  carries: readonly Carriable[];
  latency: { fixedMs: number; jitterMs: number };
  mailboxes: { alias: string; content: MailboxContent }[];
  /** How awkward the source's delta pages are, and what exports leave out. */
  manners: { order: 'asWritten' | 'mixed'; emptyPageEvery: number; repeatEvery: number };
  omitOverBytes: number | null;
  drives: DrivesPlan;
  site: SitePlan;
  /** What the jobs do to copies of items that are deleted at the source. */
  deletions: 'keep' | 'apply';
  acts: Act[];
}

/** Worker processes of the stack that is struck. */
export const workers = 3;

const people = ['adele.vance', 'soren.kjaer', 'zoe.muller', 'wei.zhang', 'layla.alhashimi', 'info'];

/** `only`: what is carried, whatever the seed would draw; the rest of the plan stays as it is. */
export function makePlan(seed: number, size: PlanSize, only: Carriable | null = null): Plan {
  const random = randomOf(seed, 'plan');
  const count = size === 'short' ? 3 : random.between(3, 6);
  const mailboxes = people.slice(0, count).map((alias, index) => ({ alias, content: contentOf(randomOf(seed, alias), `${seed} ${alias}`, size, index) }));
  // A message costs about one request to write and a share of a listing and an export.
  const ofMailboxes = mailboxes.reduce((sum, { content }) => sum + content.messages * 1.5 + 60, 0);
  const drives = drawDrives(seed, size, people);
  const site = drawSite(seed, size);
  const carries = only === null ? carriedBy(seed, size) : [only];
  const requests = (carries.includes('EMAIL') ? ofMailboxes : 0) + (carries.includes('ONEDRIVE') ? requestsOf(drives) : 0) + (carries.includes('SHAREPOINT') ? requestsOfSite(site) : 0);
  return {
    seed,
    size,
    carries,
    drives,
    site,
    latency: { fixedMs: random.between(15, 45), jitterMs: random.between(5, 40) },
    mailboxes,
    manners: { order: random.pick(['asWritten', 'mixed'] as const), emptyPageEvery: random.pick([0, 2, 3]), repeatEvery: random.pick([0, 2, 3]) },
    omitOverBytes: random.chance(0.3) ? 20_000 : null,
    deletions: random.pick(['keep', 'apply'] as const),
    acts: actsOf(seed, size, carries, random, requests),
  };
}

function contentOf(random: Random, seed: string, size: PlanSize, index: number): MailboxContent {
  return {
    seed,
    messages: size === 'short' ? random.between(25, 45) : random.between(30, 140),
    mailFolders: random.between(2, 6),
    events: random.between(4, 12),
    contacts: random.between(3, 8),
    tasks: random.between(2, 5),
    notes: random.between(0, 3),
    largeAttachments: index === 0 ? [4 * 1024 * 1024] : [],
    refusedReads: random.below(2),
    refusedExports: random.below(3),
    refusedImports: random.below(2),
    refusedOthers: random.chance(0.3),
  };
}

/** A small plan carries two workloads; of the others some carry one alone, and the rest everything. */
function carriedBy(seed: number, size: PlanSize): readonly Carriable[] {
  const random = randomOf(seed, 'carries');
  if (size === 'short') {
    const left = random.pick(carriable);
    return carriable.filter((type) => type !== left);
  }
  return random.chance(0.4) ? [random.pick(carriable)] : carriable;
}

function actsOf(seed: number, size: PlanSize, carries: readonly Carriable[], random: Random, requests: number): Act[] {
  const passes: Act['pass'][] = ['full'];
  const more = size === 'short' ? 1 : random.between(2, 4);
  for (let count = 0; count < more; count += 1) passes.push(random.pick(['delta', 'delta', 'delta', 'retry', 'verify'] as const));
  let rounds = 0;
  return passes.map((pass, index) => {
    const draw = randomOf(seed, `act ${index}`);
    const drives = randomOf(seed, `drives in act ${index}`);
    const site = randomOf(seed, `site in act ${index}`);
    const changes = (): SourceChanges => ({ mailboxes: changesOf(draw), drives: drawDriveChanges(drives), site: drawSiteChanges(site, rounds++) });
    // Later passes list every folder and write what is new.
    const span = Math.round(pass === 'full' ? requests : requests / 4);
    const moment = (): Moment => ({ at: draw.below(span) });
    const faults = (): Fault[] => {
      const of: Record<Carriable, Fault[]> = { EMAIL: drawFaults(draw, `${seed}.${index}`, size, mailboxFaults), ONEDRIVE: drawDriveFaults(drives, seed, index, size), SHAREPOINT: drawSiteFaults(site, seed, index, size) };
      return carries.flatMap((type) => of[type]);
    };
    return {
      pass,
      rival: pass === 'full' && size === 'long' && draw.chance(0.3) ? moment() : null,
      before: pass === 'delta' ? changes() : null,
      during: (pass === 'full' || pass === 'delta') && draw.chance(0.3) ? { ...moment(), changes: changes() } : null,
      pauses: draw.chance(0.4) ? [{ ...moment(), restMs: draw.between(0, 1_500) }] : [],
      faults: faults(),
      strikes: drawStrikes(draw, { workers, span, most: pass === 'full' ? (size === 'short' ? 4 : 10) : size === 'short' ? 2 : 4 }),
    };
  });
}

const changesOf = (random: Random): Changes => ({
  new: random.between(1, 8),
  edited: random.between(0, 5),
  readFlags: random.between(0, 5),
  newFolder: random.chance(0.3),
  moved: random.between(0, 3),
  deleted: random.between(0, 3),
});
