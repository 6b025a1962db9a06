/** The job's filters. Pure. */
import type { Filters } from '@migrator/contracts/api/jobs';
import { pathFilter } from '../workloads/path-filter.js';
import type { Container, SourceItem } from '../workloads/workload.js';

export type FilteredContainer = Pick<Container, 'path' | 'placesItems'>;
export type FilteredItem = Pick<SourceItem, 'at' | 'sizeBytes' | 'filterBytes' | 'path' | 'carries'>;

export interface ItemFilter {
  /** True when the whole container is left out. */
  leavesOutContainer(container: FilteredContainer): boolean;
  /** True when the filters leave the item out. An item without a date passes the date filters. */
  leavesOut(container: FilteredContainer, item: FilteredItem): boolean;
}

/** Answers remembered: a container whose items say themselves where they lie may name any number of paths. */
const pathsKnownMax = 10_000;

/** Dates include both ends; an item without one passes them. */
export function itemFilter(filters: Filters): ItemFilter {
  const { since, until, maxItemBytes } = filters;
  const sinceMs = since === undefined ? -Infinity : Date.parse(since);
  const untilMs = until === undefined ? Infinity : Date.parse(until);
  const paths = pathFilter(filters);
  const known = new Map<string, boolean>();
  const leavesOutPath = (path: string): boolean => {
    let answer = known.get(path);
    if (answer === undefined) {
      answer = paths.leavesOut(path);
      if (known.size >= pathsKnownMax) known.clear();
      known.set(path, answer);
    }
    return answer;
  };
  return {
    leavesOutContainer: ({ path, placesItems = false }) => !placesItems && leavesOutPath(path),
    leavesOut: (container, item) => {
      const path = item.path ?? container.path;
      if (leavesOutPath(path)) return item.carries !== true || !paths.leadsOn(path);
      if (maxItemBytes !== undefined && (item.filterBytes ?? item.sizeBytes) > maxItemBytes) return true;
      if (item.at === null) return false;
      const at = Date.parse(item.at);
      return at < sinceMs || at > untilMs;
    },
  };
}
