/** Paths of containers as people write them: which ones a job's filters leave out, and where a prefix leads. Pure. Case and slashes at the ends do not count. */
import { pathSegments, type Filters } from '@migrator/contracts/api/jobs';

export interface PathFilter {
  /** The container is left out, and what lies below it too unless it `leadsOn`. */
  leavesOut(path: string): boolean;
  /** A container that is left out has to be there all the same: one that is asked for may lie below it. */
  leadsOn(path: string): boolean;
}

/** `excludeFolders` stands over `includeFolders`; each names a container and everything below it. */
export function pathFilter({ includeFolders, excludeFolders = [] }: Pick<Filters, 'includeFolders' | 'excludeFolders'>): PathFilter {
  const excluded = excludeFolders.map(normal).filter((path) => path !== '');
  const included = includeFolders?.map(normal).filter((path) => path !== '') ?? null;
  const within = (path: string, folders: readonly string[]): boolean => folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
  return {
    leavesOut: (path) => {
      const own = normal(path);
      return within(own, excluded) || (included !== null && !within(own, included));
    },
    leadsOn: (path) => {
      const own = normal(path);
      return !within(own, excluded) && included !== null && included.some((folder) => folder.startsWith(`${own}/`));
    },
  };
}

const normal = (path: string): string => path.normalize('NFC').toLowerCase().trim().replace(/^\/+|\/+$/g, '');

/** The place at the destination that a prefix names, however it is written. */
export const placeOf = (prefix: string): string => pathSegments(prefix).map((name) => name.normalize('NFC').toLowerCase()).join('\n');
