/** The job's filters. Pure. */
import type { Filters } from '@migrator/contracts/api/jobs';
import { pathFilter } from '../workloads/path-filter.js';
import type { SourceItem } from '../workloads/workload.js';

export interface ItemFilter {
  /** True when the whole container is left out. */
  leavesOutContainer(path: string): boolean;
  /** True when the filters leave the item out. An item without a date passes the date filters. */
  leavesOut(path: string, item: SourceItem): boolean;
}

/** Dates include both ends; an item without one passes them. */
export function itemFilter(filters: Filters): ItemFilter {
  const { since, until, maxItemBytes } = filters;
  const sinceMs = since === undefined ? -Infinity : Date.parse(since);
  const untilMs = until === undefined ? Infinity : Date.parse(until);
  const paths = pathFilter(filters);
  const known = new Map<string, boolean>();
  const leavesOutContainer = (path: string): boolean => {
    let answer = known.get(path);
    if (answer === undefined) {
      answer = paths.leavesOut(path);
      known.set(path, answer);
    }
    return answer;
  };
  return {
    leavesOutContainer,
    leavesOut: (path, item) => {
      if (leavesOutContainer(path)) return true;
      if (maxItemBytes !== undefined && item.sizeBytes > maxItemBytes) return true;
      if (item.at === null) return false;
      const at = Date.parse(item.at);
      return at < sinceMs || at > untilMs;
    },
  };
}
