/**
 * Which source goes where. First what the job itself maps, then what people corrected in a spreadsheet, then the automatic match.
 * Pure; what is wrong is returned, and whoever asks decides whether it forbids anything.
 */
import type { FieldError } from '@migrator/contracts/errors';
import type { AutomaticMatch } from './automatic-match.js';
import { fold, type Candidate } from './candidate.js';
import type { Directory } from './directory.js';

/** One source and its destination; `dest` is null when there is none. */
export interface Match {
  source: Candidate;
  dest: Candidate | null;
  how: 'mapped' | 'automatic' | 'corrected' | 'excluded' | 'unmatched';
  /** A destination that a correction names and that was not discovered. */
  lostDest: string | null;
}

/** What the options of a job say about sources, whatever the workload calls them. */
export interface Wishes {
  listed?: readonly string[] | undefined;
  mappings?: readonly { source: string; dest: string }[] | undefined;
  /** Names of the options, for the paths of problems. */
  words: { one: string; list: string; mappings: string };
}

/** Destination by folded name of the source; null: do not migrate it. */
export type Corrections = ReadonlyMap<string, string | null>;
export const noCorrections: Corrections = new Map();

export interface Matched {
  matches: Match[];
  /** In the order of the options. `unknown`: a name that stands for nothing, of which no job can be made. `unmatched`: a listed source without a destination. */
  problems: (FieldError & { kind: 'unknown' | 'unmatched' })[];
}

/** `path` is where the options stand in the body. */
export function matchSources(source: Directory, dest: Directory, wishes: Wishes, corrections: Corrections, path: string, automatic: AutomaticMatch = ({ key }) => dest.match(key)): Matched {
  const problems: Matched['problems'] = [];
  const { one, list, mappings } = wishes.words;
  const mapped = readMappings(source, dest, wishes, path, problems);
  const corrected = resolveCorrections(source, corrections);
  const match = (candidate: Candidate): Match => {
    const wanted = mapped.get(candidate.id);
    if (wanted !== undefined) return { source: candidate, dest: wanted, how: 'mapped', lostDest: null };
    const correction = corrected.get(candidate.id);
    if (correction === null) return { source: candidate, dest: null, how: 'excluded', lostDest: null };
    if (correction !== undefined) {
      const found = dest.find(correction);
      return { source: candidate, dest: found, how: 'corrected', lostDest: found === null ? correction : null };
    }
    const found = automatic(candidate);
    return { source: candidate, dest: found, how: found === null ? 'unmatched' : 'automatic', lostDest: null };
  };
  if (wishes.listed === undefined) return { matches: source.candidates.filter(({ present }) => present).map(match), problems };

  const matches = new Map<string, Match>();
  wishes.listed.forEach((name, index) => {
    const at = `${path}.${list}.${index}`;
    const candidate = source.find(name);
    if (candidate === null) problems.push({ kind: 'unknown', path: at, message: `“${name}” was not discovered in the source tenant` });
    else if (!candidate.present) problems.push({ kind: 'unknown', path: at, message: candidate.kind === 'site' ? `“${name}” is a site of SharePoint’s own, which every tenant has` : `“${name}” has no ${one} in the source tenant` });
    else if (!matches.has(candidate.id)) {
      const found = match(candidate);
      matches.set(candidate.id, found);
      if (found.how === 'excluded') problems.push({ kind: 'unmatched', path: at, message: `“${name}” is marked not to be migrated in the uploaded mapping; correct the mapping, or map it in ${mappings}` });
      else if (found.lostDest !== null) problems.push({ kind: 'unmatched', path: at, message: `“${name}” goes to “${found.lostDest}” by the uploaded mapping, which was not discovered in the destination tenant` });
      else if (found.dest === null) problems.push({ kind: 'unmatched', path: at, message: `“${name}” has no match in the destination tenant; map it in ${mappings}` });
    }
  });
  return { matches: [...matches.values()], problems };
}

function readMappings(source: Directory, dest: Directory, { mappings = [], words }: Wishes, path: string, problems: Matched['problems']): Map<string, Candidate> {
  const mapped = new Map<string, Candidate>();
  mappings.forEach((mapping, index) => {
    const at = `${path}.${words.mappings}.${index}`;
    const from = source.find(mapping.source);
    const to = dest.find(mapping.dest);
    if (from === null) problems.push({ kind: 'unknown', path: `${at}.source`, message: `“${mapping.source}” was not discovered in the source tenant` });
    if (to === null) problems.push({ kind: 'unknown', path: `${at}.dest`, message: `“${mapping.dest}” was not discovered in the destination tenant` });
    if (from === null || to === null) return;
    const before = mapped.get(from.id);
    if (before !== undefined && before.id !== to.id) problems.push({ kind: 'unknown', path: `${at}.source`, message: `“${mapping.source}” is mapped twice, to different destinations` });
    mapped.set(from.id, to);
  });
  return mapped;
}

/** Corrections by id of the source; those of sources that are no longer there mean nothing. */
function resolveCorrections(source: Directory, corrections: Corrections): Map<string, string | null> {
  const resolved = new Map<string, string | null>();
  for (const [name, dest] of corrections) {
    const candidate = source.find(name);
    if (candidate !== null) resolved.set(candidate.id, dest);
  }
  return resolved;
}

/** Destinations that more than one source would go to, with their sources. */
export function sharedDestinations(matches: readonly Match[]): { dest: Candidate; sources: Candidate[] }[] {
  const byDest = new Map<string, { dest: Candidate; sources: Candidate[] }>();
  for (const { source, dest } of matches) {
    if (dest === null) continue;
    const entry = byDest.get(fold(dest.microsoftId));
    if (entry === undefined) byDest.set(fold(dest.microsoftId), { dest, sources: [source] });
    else entry.sources.push(source);
  }
  return [...byDest.values()].filter(({ sources }) => sources.length > 1);
}

/** Everything that forbids a job: names that stand for nothing, listed sources without a destination, and shared destinations unless they may merge. */
export function problemsOf({ matches, problems }: Matched, merge: boolean, path: string): FieldError[] {
  const shared = merge ? [] : sharedDestinations(matches).map(({ dest, sources }) => ({ path, message: `${sources.map(({ name }) => name).join(' and ')} would both go to ${dest.name}; map them apart, or set merge: true` }));
  return [...problems.map(({ path: at, message }) => ({ path: at, message })), ...shared];
}
