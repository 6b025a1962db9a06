/** The match of people and groups, as permissions name them. Pure. */
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import type { IdentityKind } from '@migrator/contracts/internal';
import { automaticMatch } from '../matching/automatic-match.js';
import { fold, workloadWords, type Candidate } from '../matching/candidate.js';
import type { Directory } from '../matching/directory.js';
import { matchSources, type Corrections, type Match } from '../matching/match-sources.js';
import type { IdentityRow } from './identity-repository.js';

/** Whether a job with this scope asks who people and groups are: for permissions, and in sites for people in columns of lists and libraries. */
export function asksForIdentities(workload: WorkloadName, scope: Readonly<Record<string, boolean>>): boolean {
  if (workload === 'ONEDRIVE') return scope['permissions'] === true;
  return workload === 'SHAREPOINT' && (scope['permissions'] === true || scope['lists'] === true || scope['files'] === true);
}

/** Everybody of the source and whom they are at the destination. */
export const matchIdentities = (source: Directory, dest: Directory, corrections: Corrections): Match[] =>
  matchSources(source, dest, { words: workloadWords.IDENTITY }, corrections, '', automaticMatch('IDENTITY', source, dest)).matches;

/** Those of whom nobody knows who they are at the destination; who is left out on purpose is not among them. */
export const unresolved = (matches: readonly Match[]): Match[] => matches.filter(({ dest, how }) => dest === null && how !== 'excluded');

/** A match as it is kept. `source` finds names: one that stands for somebody else, or for several, is not kept. */
export function identityRow({ source: from, dest, how }: Match, source: Directory): IdentityRow {
  const names = [...new Set([from.name, ...from.aliases].map(fold))].filter((name) => source.find(name)?.id === from.id);
  return { source: principal(from), names, dest: dest === null ? null : principal(dest), how: how === 'mapped' ? 'corrected' : how === 'corrected' && dest === null ? 'unmatched' : how };
}

function principal({ microsoftId, kind, name }: Candidate): { microsoftId: string; kind: IdentityKind; name: string } {
  if (kind === 'site' || kind === 'team') throw new Error('A site or team holds no permissions.');
  return { microsoftId, kind, name };
}
