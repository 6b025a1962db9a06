/** One pass over one unit: all its containers, several at a time, parents before their children. */
import { ContainerGone, UnitError, type Container, type DestContainer } from '../workloads/workload.js';
import { passContainer } from './container-pass.js';
import type { ContainerRun, PassContext } from './pass-context.js';
import type { ContainerEntry } from './unit-ledger.js';

/** Above this, a retry looks at every item of the container. */
const pendingMax = 50_000;

/** Resolves when every container is complete and everything is stored; throws what stopped it otherwise. */
export async function runPass(context: PassContext): Promise<void> {
  const { session, ledger, halt, counters } = context;
  const containers: Container[] = [];
  for await (const container of session.containers(halt.soft)) containers.push(container);
  const entries = await ledger.register(context.passId, containers);
  const work: { container: Container; entry: ContainerEntry }[] = [];
  const dests = counterparts(context);
  for (const [index, container] of containers.entries()) {
    const entry = entries[index];
    if (entry === undefined) throw new Error('the ledger gave no entry for a container');
    dests.know(container, entry);
    counters.begin(entry.containerNo, entry.counts, entry.complete || entry.listed ? 0 : (container.itemCount ?? 0));
    // A container that appeared after the unit was swept belongs to the next delta pass.
    if (context.mode === 'retry' && ledger.swept && !entry.listed) continue;
    work.push({ container, entry });
  }
  context.observer.counters(counters.now);

  const queue = work.values();
  const walkers = Array.from({ length: Math.min(work.length, context.can.lanes + 1) }, async () => {
    for (const { container, entry } of queue) {
      if (halt.soft.aborted) return;
      try {
        await passContainer(context, await begin(context, container, entry, dests));
      } catch (error) {
        halt.stop(error);
        return;
      }
    }
  });
  await Promise.all(walkers);
  if (halt.reason !== null) throw halt.reason;
  if (context.unfinished.size > 0) throw new UnitError('LISTING_ENDLESS', 'source', false, { code: null, requestId: null });
  if (!ledger.swept) await ledger.markSwept();
}

async function begin(context: PassContext, container: Container, entry: ContainerEntry, dests: Counterparts): Promise<ContainerRun> {
  const pending = context.mode === 'retry' && entry.listed && !entry.complete ? await context.ledger.pending(entry, pendingMax) : null;
  return { container, entry, pending, dest: () => dests.of(container.key), inHand: new Map(), planned: context.dryRun ? new Set() : null, tried: new Map(), filteredOut: 0, removed: 0 };
}

interface Counterparts {
  know(container: Container, entry: ContainerEntry): void;
  of(key: string): Promise<DestContainer>;
}

/** Counterparts of containers, each made sure of once a run, its parent first; what is found is stored. */
function counterparts(context: PassContext): Counterparts {
  const known = new Map<string, { container: Container; entry: ContainerEntry; dest: Promise<DestContainer> | null }>();
  const ensure = async (container: Container, entry: ContainerEntry): Promise<DestContainer> => {
    const parent = container.parentKey === null || !known.has(container.parentKey) ? null : await of(container.parentKey);
    context.halt.soft.throwIfAborted();
    const dest = await context.session.ensure(container, parent, context.halt.soft);
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
  };
}
