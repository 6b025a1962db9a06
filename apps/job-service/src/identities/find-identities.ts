/** Everybody of a source tenant who can hold a permission, and whom they are at the destination, as things stand now. */
import type { Sql } from '@migrator/service-kit/database';
import { readCorrections } from '../mappings/correction-repository.js';
import type { Match } from '../matching/match-sources.js';
import { loadDirectories, type PairWish, type TenantPair } from '../matching/tenant-pair.js';
import type { TenantDirectory } from '../tenants/tenant-directory.js';
import { matchIdentities } from './match-identities.js';

export async function findIdentities({ sql, tenants }: { sql: Sql; tenants: TenantDirectory }, pair: TenantPair, asked: Omit<PairWish, 'workload'>): Promise<Match[]> {
  const wish: PairWish & { workload: 'IDENTITY' } = { ...asked, workload: 'IDENTITY' };
  const { source, dest } = await loadDirectories(tenants, pair, wish);
  return matchIdentities(source, dest, await readCorrections(sql, wish));
}
