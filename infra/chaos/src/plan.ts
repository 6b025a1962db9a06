/** What is struck when: the whole of a run follows from its seed and its size. Pure. */
import { drawFaults, type Fault } from './draw-faults.js';
import { drawStrikes, type Strike } from './draw-strikes.js';
import { randomOf, type Random } from './random.js';

export type PlanSize = 'short' | 'long';

/** What owners do to their mailboxes, in each of them. */
export interface Changes {
  new: number;
  edited: number;
  readFlags: number;
  newFolder: boolean;
  moved: number;
  deleted: number;
}

/** A moment: so many requests after the beginning of the act, counted at the simulator. The progress of the work, not the clock, decides. */
export interface Moment {
  at: number;
}

export interface Act {
  pass: 'full' | 'delta' | 'retry' | 'verify';
  /** A second job over the same mailboxes begins in the middle. */
  rival: Moment | null;
  before: Changes | null;
  during: (Moment & { changes: Changes }) | null;
  pauses: (Moment & { restMs: number })[];
  faults: Fault[];
  strikes: Strike[];
}

/** The generator's profile of one mailbox (apps/graph-simulator). */
export interface MailboxContent extends Record<string, unknown> {
  seed: string;
  messages: number;
}

export interface Plan {
  seed: number;
  size: PlanSize;
  latency: { fixedMs: number; jitterMs: number };
  mailboxes: { alias: string; content: MailboxContent }[];
  /** How awkward the source's delta pages are, and what exports leave out. */
  manners: { order: 'asWritten' | 'mixed'; emptyPageEvery: number; repeatEvery: number };
  omitOverBytes: number | null;
  /** What the jobs do to copies of items that are deleted at the source. */
  deletions: 'keep' | 'apply';
  acts: Act[];
}

/** Worker processes of the stack that is struck. */
export const workers = 3;

const people = ['adele.vance', 'soren.kjaer', 'zoe.muller', 'wei.zhang', 'layla.alhashimi', 'info'];

export function makePlan(seed: number, size: PlanSize): Plan {
  const random = randomOf(seed, 'plan');
  const count = size === 'short' ? 3 : random.between(3, 6);
  const mailboxes = people.slice(0, count).map((alias, index) => ({ alias, content: contentOf(randomOf(seed, alias), `${seed} ${alias}`, size, index) }));
  // A message costs about one request to write and a share of a listing and an export.
  const requests = mailboxes.reduce((sum, { content }) => sum + content.messages * 1.5 + 60, 0);
  return {
    seed,
    size,
    latency: { fixedMs: random.between(15, 45), jitterMs: random.between(5, 40) },
    mailboxes,
    manners: { order: random.pick(['asWritten', 'mixed'] as const), emptyPageEvery: random.pick([0, 2, 3]), repeatEvery: random.pick([0, 2, 3]) },
    omitOverBytes: random.chance(0.3) ? 20_000 : null,
    deletions: random.pick(['keep', 'apply'] as const),
    acts: actsOf(seed, size, random, requests),
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

function actsOf(seed: number, size: PlanSize, random: Random, requests: number): Act[] {
  const passes: Act['pass'][] = ['full'];
  const more = size === 'short' ? 1 : random.between(2, 4);
  for (let count = 0; count < more; count += 1) passes.push(random.pick(['delta', 'delta', 'delta', 'retry', 'verify'] as const));
  return passes.map((pass, index) => {
    const draw = randomOf(seed, `act ${index}`);
    // Later passes list every folder and write what is new.
    const span = Math.round(pass === 'full' ? requests : requests / 4);
    const moment = (): Moment => ({ at: draw.below(span) });
    return {
      pass,
      rival: pass === 'full' && size === 'long' && draw.chance(0.3) ? moment() : null,
      before: pass === 'delta' ? changesOf(draw) : null,
      during: (pass === 'full' || pass === 'delta') && draw.chance(0.3) ? { ...moment(), changes: changesOf(draw) } : null,
      pauses: draw.chance(0.4) ? [{ ...moment(), restMs: draw.between(0, 1_500) }] : [],
      faults: drawFaults(draw, seed, index, size),
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
