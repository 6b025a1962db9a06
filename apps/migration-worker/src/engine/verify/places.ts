/** What is compared with what: each container of the source with its counterpart, found without writing and without the ledger. */
import type { Container, DestContainer, UnitSession } from '../../workloads/workload.js';
import { containerKey, type Route } from '../item-keys.js';
import type { ItemFilter } from '../filters.js';
import { placeOf, strangerPlace } from './verify-store.js';

export interface Place {
  readonly place: string;
  readonly container: Container;
  /** Key of the container in the ledger; marks of its items derive from it. */
  readonly ledgerKey: string;
  /** The counterpart; null when the destination has none under this name. */
  dest: DestContainer | null;
  /** Its path at the destination, as far as that differs from the source's. */
  destPath: string | null;
  /** It was found under another name or in another place, by our mark on it or by what is in it. */
  renamed: boolean;
}

/** A container that is nobody's counterpart. */
export interface Stranger {
  readonly place: string;
  readonly container: Container;
}

/** `session` is opened for a dry run: it plans what is not there. */
export async function findPlaces(session: UnitSession, route: Route, filter: ItemFilter, signal: AbortSignal): Promise<Place[]> {
  const places: Place[] = [];
  const dests = new Map<string, DestContainer>();
  for await (const container of session.containers(signal)) {
    const parent = container.parentKey === null ? null : (dests.get(container.parentKey) ?? null);
    const dest = await session.ensure(container, parent, signal);
    dests.set(container.key, dest);
    if (filter.leavesOutContainer(container)) continue;
    const renamed = dest.exists && dest.nameNow !== undefined;
    const destPath = dest.nameNow === undefined ? container.path : [parentPath(container.path), dest.nameNow].filter((part) => part !== '').join('/');
    places.push({ place: placeOf(container.key), container, ledgerKey: containerKey(route, container.key), dest: dest.exists ? dest : null, destPath: dest.exists ? destPath : null, renamed });
  }
  return places;
}

export async function findStrangers(session: UnitSession, places: readonly Place[], signal: AbortSignal): Promise<Stranger[]> {
  const known = new Set(places.flatMap(({ dest }) => (dest === null ? [] : [dest.id])));
  const strangers: Stranger[] = [];
  for await (const container of session.sides.destContainers(signal)) if (!known.has(container.key)) strangers.push({ place: strangerPlace(container.key), container });
  return strangers;
}

const lastName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const parentPath = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/**
 * Gives orphaned places the stranger that holds most of their items: at least half of them. Returns the places that got one. A place
 * below a renamed one keeps its own name: only the one that was renamed is said to be.
 */
export function adopt(places: readonly Place[], strangers: readonly Stranger[], likeness: readonly { orphan: string; stranger: string; shared: number; items: number }[]): { place: Place; stranger: Stranger }[] {
  const adopted: { place: Place; stranger: Stranger }[] = [];
  const taken = new Set<string>();
  for (const { orphan, stranger: strangerOf, shared, items } of likeness) {
    const place = places.find((each) => each.place === orphan);
    const stranger = strangers.find((each) => each.place === strangerOf);
    if (place === undefined || stranger === undefined || place.dest !== null || taken.has(strangerOf) || shared * 2 < items) continue;
    taken.add(strangerOf);
    place.dest = { id: stranger.container.key, exists: true };
    place.destPath = stranger.container.path;
    adopted.push({ place, stranger });
  }
  for (const { place, stranger } of adopted) {
    const { path } = place.container;
    const parent = adopted.find((each) => each.place.container.path === parentPath(path));
    place.renamed = lastName(path) !== lastName(stranger.container.path) || (parent?.place.destPath ?? parentPath(path)) !== parentPath(stranger.container.path);
  }
  return adopted;
}
