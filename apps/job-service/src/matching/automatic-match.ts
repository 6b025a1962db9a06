/** Which destination a source means by itself. Pure. */
import type { MappingSubject } from '@migrator/contracts/api/mappings';
import type { Candidate } from './candidate.js';
import type { Directory } from './directory.js';

export type AutomaticMatch = (from: Candidate) => Candidate | null;

/**
 * Null when nothing fits, or there is no telling which. A permission that goes to the wrong person is worse than one that goes to nobody,
 * so people and groups are matched more strictly: the name must mean one of them at the source too, and a guest is known by the whole
 * address alone, be it as a guest or as somebody at home in the destination.
 */
export function automaticMatch(subject: MappingSubject, source: Directory, dest: Directory): AutomaticMatch {
  if (subject !== 'IDENTITY') return ({ key }) => dest.match(key);
  return (from) => {
    if (from.kind === 'guest') {
      const found = dest.find(from.name);
      return found === null || found.kind === 'group' ? null : found;
    }
    return source.match(from.key)?.id === from.id ? dest.match(from.key) : null;
  };
}
