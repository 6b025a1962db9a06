/** One pass over one unit: all its containers, several at a time and the largest first; a counterpart is made after its parent's. */
import { ContainerGone, UnitError, type Container, type DestContainer } from '../workloads/workload.js';
import { listChanges, passContainer } from './container-pass.js';
import { HeldItems } from './held-items.js';
import { failForWant } from './page-pass.js';
import { ContainerRun, type ContainersShare } from './container-run.js';
import { followsMoves, type PassContext } from './pass-context.js';
import { settleDepartures } from './settle-departures.js';
import { ContainerTurns } from './container-turns.js';
import type { ContainerEntry } from './unit-ledger.js';
import { writeItems } from './write-items.js';

/** Above this, a retry looks at every item of the container. */
const pendingMax = 50_000;

/**
 * Containers under way at once. A small one is a chain of requests that wait for each other (counterpart, listing, reading, writing), so
 * it takes several of them to keep the lanes of a unit busy.
 */
const walkersFor = (lanes: number): number => 2 * lanes + 2;

interface Work {
  readonly container: Container;
  readonly entry: ContainerEntry;
}

/** What passes before this one have left behind. */
interface Before {
  readonly listed: ReadonlySet<number>;
  readonly known: ReadonlySet<number>;
  readonly departed: ReadonlyMap<number, Set<string>>;
  readonly goesOn: boolean;
}

/** Resolves when every container is complete and everything is stored; throws what stopped it otherwise. */
export async function runPass(context: PassContext): Promise<void> {
  const { session, ledger, halt, counters } = context;
  const containers: Container[] = [];
  for await (const container of session.containers(halt.soft)) containers.push(container);
  const goesOn = await ledger.departures.begin(context.passId);
  const entries = await ledger.register(context.passId, containers);
  const containerNos = entries.map(({ containerNo }) => containerNo);
  const before = { listed: await ledger.departures.listedBefore(containerNos), known: await ledger.departures.knownBefore(containerNos), departed: await ledger.departures.openIn(containerNos), goesOn };
  const work: Work[] = [];
  const dests = counterparts(context);
  for (const [index, container] of containers.entries()) {
    const entry = entries[index];
    if (entry === undefined) throw new Error('the ledger gave no entry for a container');
    dests.know(container, entry);
    const expected = entry.complete || entry.listed || container.structure === true ? 0 : (container.itemCount ?? 0);
    counters.begin(entry.containerNo, entry.counts, expected);
    if (container.structure === true) continue;
    // A container that appeared after the unit was swept belongs to the next delta pass.
    if (context.mode === 'retry' && ledger.swept && !entry.listed) continue;
    work.push({ container, entry });
  }
  context.observer.counters(counters.now);

  const runs = new Map<number, ContainerRun>();
  const share: ContainersShare = {
    destOf: (key) => dests.of(key),
    entryOf: (key) => dests.entry(key),
    heldItems: (run) => new HeldItems({ write: (hands) => writeItems(context, run, hands), fail: (hands) => failForWant(context, run, hands) }),
    dryRun: context.dryRun,
  };
  await sweep(context, work, async ({ container, entry }) => {
    const run = await begin(context, container, entry, share, before);
    runs.set(entry.containerNo, run);
    await passContainer(context, run);
    run.rest();
  });
  if (context.unfinished.size > 0) throw new UnitError('LISTING_ENDLESS', 'source', false, { code: null, requestId: null });
  if (!ledger.swept) await ledger.markSwept();
  const lists = context.mode !== 'retry';
  if (lists) await ledger.departures.listed(context.passId);
  await settleDepartures(context, runs, lists ? () => listAllAgain(context, work, runs) : null);
}

/** Several containers at a time, each when those it comes after are complete; throws what stopped the unit. */
async function sweep(context: PassContext, work: readonly Work[], visit: (one: Work) => Promise<void>): Promise<void> {
  const { halt } = context;
  const turns = new ContainerTurns(work);
  const walkers = Array.from({ length: Math.min(work.length, walkersFor(context.can.lanes)) }, async () => {
    try {
      for (let one = await turns.next(); one !== null && !halt.soft.aborted; one = await turns.next()) {
        await visit(one);
        turns.complete(one);
      }
    } catch (error) {
      halt.stop(error);
    } finally {
      turns.end();
    }
  });
  await Promise.all(walkers);
  if (halt.reason !== null) throw halt.reason;
}

/** What changed since every container was listed. Settings and the like do not list changes, and nothing can have moved into them. */
async function listAllAgain(context: PassContext, work: readonly Work[], runs: ReadonlyMap<number, ContainerRun>): Promise<void> {
  const again = work.filter(({ entry }) => {
    const run = runs.get(entry.containerNo);
    return run !== undefined && followsMoves(context, run);
  });
  // A run that dies in between must not take this pass's tokens for those that it began with: the next one lists from the beginning.
  await context.writer.write({ listings: again.map(({ entry }) => ({ containerNo: entry.containerNo, checkpoint: null, complete: false, listed: true, deltaToken: null })) });
  await sweep(context, again, async ({ entry }) => {
    const run = runs.get(entry.containerNo);
    if (run === undefined) return;
    await listChanges(context, run);
    run.rest();
  });
  if (context.unfinished.size > 0) throw new UnitError('LISTING_ENDLESS', 'source', false, { code: null, requestId: null });
}

async function begin(context: PassContext, container: Container, entry: ContainerEntry, share: ContainersShare, before: Before): Promise<ContainerRun> {
  const pending = context.mode === 'retry' && entry.listed && !entry.complete ? await context.ledger.pending(entry, pendingMax) : null;
  const { containerNo } = entry;
  return new ContainerRun({ container, entry, pending, listedBefore: before.listed.has(containerNo), knownBefore: before.known.has(containerNo), goesOn: before.goesOn, departed: before.departed.get(containerNo) }, share);
}

interface Counterparts {
  know(container: Container, entry: ContainerEntry): void;
  of(key: string): Promise<DestContainer>;
  entry(key: string): ContainerEntry | undefined;
}

/** Counterparts of containers, each made sure of once a run, its parent first; what is found is stored. */
function counterparts(context: PassContext): Counterparts {
  const known = new Map<string, { container: Container; entry: ContainerEntry; dest: Promise<DestContainer> | null }>();
  const ensure = async (container: Container, entry: ContainerEntry): Promise<DestContainer> => {
    const parent = container.parentKey === null || !known.has(container.parentKey) ? null : await of(container.parentKey);
    context.halt.soft.throwIfAborted();
    const dest = await context.session.ensure(container, parent, context.halt.soft, entry.destId);
    if (dest.note !== undefined) context.observer.note('WARN', `“${container.path}”: ${dest.note}`);
    if (dest.exists && !context.dryRun && (dest.id !== entry.destId || container.path !== entry.ensuredPath)) await context.writer.write({ dests: [{ containerNo: entry.containerNo, destId: dest.id, path: container.path }] });
    return dest;
  };
  const of = (key: string): Promise<DestContainer> => {
    const it = known.get(key);
    if (it === undefined) throw new ContainerGone('a container that was not listed');
    it.dest ??= ensure(it.container, it.entry);
    return it.dest;
  };
  return {
    know: (container, entry) => {
      known.set(container.key, { container, entry, dest: null });
    },
    of,
    entry: (key) => known.get(key)?.entry,
  };
}
