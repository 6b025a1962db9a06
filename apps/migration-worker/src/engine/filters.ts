/** The job's filters. Pure. */
import type { Filters } from '@migrator/contracts/api/jobs';
import type { SourceItem } from '../workloads/workload.js';

export interface ItemFilter {
  /** True when the whole container is left out. */
  leavesOutContainer(path: string): boolean;
  /** True when the filters leave the item out. An item without a date passes the date filters. */
  leavesOut(path: string, item: SourceItem): boolean;
}

/** `excludeFolders` names paths as people see them; what lies below is left out with them; case does not count. */
export function itemFilter({ since, until, excludeFolders = [], maxItemBytes }: Filters): ItemFilter {
  const sinceMs = since === undefined ? -Infinity : Date.parse(since);
  const untilMs = until === undefined ? Infinity : Date.parse(until);
  const excluded = excludeFolders.map(normal);
  const known = new Map<string, boolean>();
  const leavesOutContainer = (path: string): boolean => {
    let answer = known.get(path);
    if (answer === undefined) {
      const own = normal(path);
      answer = excluded.some((folder) => own === folder || own.startsWith(`${folder}/`));
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

const normal = (path: string): string => path.normalize('NFC').toLowerCase().replace(/^\/+|\/+$/g, '');
