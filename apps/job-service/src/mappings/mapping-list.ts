/** The match of a pair, row by row, with the corrections over it. */
import type { MappingRow } from '@migrator/contracts/api/mappings';
import type { Sql } from '@migrator/service-kit/database';
import { automaticMatch } from '../matching/automatic-match.js';
import { workloadWords } from '../matching/candidate.js';
import type { Directory } from '../matching/directory.js';
import { matchSources, sharedDestinations, type Match } from '../matching/match-sources.js';
import { assertDiscovered, findPair, loadDirectories, type PairWish } from '../matching/tenant-pair.js';
import type { TenantDirectory } from '../tenants/tenant-directory.js';
import { readCorrections } from './correction-repository.js';

export interface MappingList {
  rows: MappingRow[];
  source: Directory;
  dest: Directory;
}

/** Every source of the workload in the order of their names. */
export const makeListMappings =
  ({ sql, tenants }: { sql: Sql; tenants: TenantDirectory }) =>
  async (wish: PairWish): Promise<MappingList> => {
    const pair = await findPair(tenants, wish);
    assertDiscovered(pair);
    const { source, dest } = await loadDirectories(tenants, pair, wish);
    const { matches } = matchSources(source, dest, { words: workloadWords[wish.workload] }, await readCorrections(sql, wish), '', automaticMatch(wish.workload, source, dest));
    const shared = new Map(sharedDestinations(matches).flatMap(({ sources }) => sources.map((candidate) => [candidate.id, sources.filter(({ id }) => id !== candidate.id).map(({ name }) => name)] as const)));
    const rows = matches.map((match) => rowOf(match, shared.get(match.source.id) ?? [], wish.workload));
    rows.sort((a, b) => (a.source === b.source ? (a.sourceId < b.sourceId ? -1 : 1) : a.source < b.source ? -1 : 1));
    return { rows, source, dest };
  };

function rowOf({ source, dest, how, lostDest }: Match, alsoFrom: string[], workload: PairWish['workload']): MappingRow {
  const problem =
    lostDest !== null ? `“${lostDest}” was not discovered in the destination tenant`
    : alsoFrom.length > 0 ? `${alsoFrom.slice(0, 3).join(', ')}${alsoFrom.length > 3 ? ' and others' : ''} would go there too`
    : dest !== null && !dest.present ? `there is no ${workloadWords[workload].one} at the destination yet`
    : null;
  return { source: source.name, sourceId: source.id, dest: dest?.name ?? lostDest, destId: dest?.id ?? null, how: how === 'mapped' ? 'corrected' : how, problem };
}
