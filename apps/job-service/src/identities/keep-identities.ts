/** Works out who the people and groups of a source tenant are at a destination tenant, when what is known of them has changed. */
import { createHash } from 'node:crypto';
import { notFound } from '@migrator/contracts/errors';
import type { InternalTenant } from '@migrator/contracts/internal';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import { readCorrections } from '../mappings/correction-repository.js';
import type { Corrections } from '../matching/match-sources.js';
import { findPair, loadDirectories, type PairWish, type TenantPair } from '../matching/tenant-pair.js';
import { holdTenants } from '../tenants/detached-tenants.js';
import type { TenantDirectory } from '../tenants/tenant-directory.js';
import { findIdentityMap, lockIdentityMap, replaceIdentityMap, type IdentityCounts } from './identity-repository.js';
import { identityRow, matchIdentities, unresolved } from './match-identities.js';

/** Part of what a map is worked out from: a rule of matching that changes makes every map anew. */
const rules = 1;

/** How many there are, and how many of them nobody at the destination fits. The map is stored when this returns. */
export const makeKeepIdentities =
  ({ sql, clock, tenants }: { sql: Sql; clock: Clock; tenants: TenantDirectory }) =>
  async (asked: Omit<PairWish, 'workload'>): Promise<IdentityCounts> => {
    const wish: PairWish & { workload: 'IDENTITY' } = { ...asked, workload: 'IDENTITY' };
    const pair = await findPair(tenants, wish);
    let corrections = await readCorrections(sql, wish);
    const kept = await findIdentityMap(sql, wish);
    if (kept?.basis === basisOf(pair, corrections)) return kept;
    const { source, dest } = await loadDirectories(tenants, pair, wish);
    for (;;) {
      const matches = matchIdentities(source, dest, corrections);
      const counts = { total: matches.length, unmatched: unresolved(matches).length };
      const rows = matches.map((match) => identityRow(match, source));
      const basis = basisOf(pair, corrections);
      corrections = await inTransaction(sql, async (tx) => {
        await holdTenants(tx, [wish.sourceTenantId, wish.destTenantId], () => notFound('TENANT_NOT_FOUND'));
        await lockIdentityMap(tx, wish);
        // Whoever uploads a mapping meanwhile must not find the one before it in its place.
        const now = await readCorrections(tx, wish);
        if (basisOf(pair, now) === basis) await replaceIdentityMap(tx, wish, rows, { basis, at: clock.now(), ...counts });
        return now;
      });
      if (basisOf(pair, corrections) === basis) return counts;
    }
  };
export type KeepIdentities = ReturnType<typeof makeKeepIdentities>;

function basisOf({ source, dest }: TenantPair, corrections: Corrections): string {
  const of = ({ discoveredAt, domain }: InternalTenant): unknown[] => [discoveredAt, domain];
  return createHash('sha256').update(JSON.stringify([rules, of(source), of(dest), [...corrections].sort(([a], [b]) => (a < b ? -1 : 1))])).digest('base64url');
}
