/** Items that refer to items of other containers (`SourceItem.refersTo`): those are complete, so what has no copy will not have one in this pass. */
import { itemMark } from './item-keys.js';
import type { ContainerRun } from './container-run.js';
import type { Hand, PassContext } from './pass-context.js';
import type { ContainerEntry } from './unit-ledger.js';
import type { DestRef } from '../workloads/workload.js';

/** Gives each item the copies it refers to. Returns those that can go on, and those that lack one. */
export async function meetReferences({ ledger, dryRun }: Pick<PassContext, 'ledger' | 'dryRun'>, run: Pick<ContainerRun, 'entryOf'>, hands: readonly Hand[]): Promise<{ met: Hand[]; wanting: Hand[] }> {
  // A dry run makes no copies that others could refer to.
  if (dryRun || !hands.some(({ item }) => refersOn(item))) return { met: [...hands], wanting: [] };
  const asked = new Map<string, { entry: ContainerEntry; marks: Set<string> }>();
  const markOf = (container: string, key: string): string | null => {
    const entry = run.entryOf(container);
    if (entry === undefined) return null;
    const mark = itemMark(entry.key, key);
    const of = asked.get(container) ?? { entry, marks: new Set<string>() };
    asked.set(container, of);
    of.marks.add(mark);
    return mark;
  };
  const wanted = hands.map((hand) => ({ hand, marks: (hand.item.refersTo ?? []).map(({ container, key }) => markOf(container, key)) }));
  const copies = new Map<string, DestRef>();
  for (const { entry, marks } of asked.values()) for (const [mark, { dest }] of await ledger.lookup(entry, [...marks])) if (dest !== null) copies.set(mark, dest);
  const met: Hand[] = [];
  const wanting: Hand[] = [];
  for (const { hand, marks } of wanted) {
    const referred = marks.flatMap((mark) => (mark === null ? [] : (copies.get(mark) ?? [])));
    if (referred.length < marks.length) wanting.push(hand);
    else met.push(Object.assign(hand, { referred }));
  }
  return { met, wanting };
}

const refersOn = ({ refersTo = [] }: Hand['item']): boolean => refersTo.length > 0;
