/** Business hours of tenants, as tenant-service said within the last minute. While it does not answer, what it said before holds: nothing but an estimate hangs on it. */
import { randomUUID } from 'node:crypto';
import type { BusinessHours } from '@migrator/contracts/api/throttling';
import type { TenantDirectory } from './tenant-directory.js';

const keepMs = 60_000;
/** Tenants that are remembered; above it the one that was asked for longest ago goes first. */
const tenantsMax = 5_000;

/** Null: none, or a tenant that is not connected. */
export type HoursOf = (orgId: string, tenantId: string) => Promise<BusinessHours | null>;

export function recentHours({ tenants, now = () => performance.now() }: { tenants: Pick<TenantDirectory, 'find'>; now?: () => number }): HoursOf {
  const kept = new Map<string, { at: number; answer: Promise<BusinessHours | null> }>();
  return (orgId, tenantId) => {
    const key = `${orgId}/${tenantId}`;
    const before = kept.get(key);
    if (before !== undefined && now() - before.at < keepMs) return before.answer;
    const answer = tenants.find(orgId, tenantId, `req_${randomUUID()}`).then(
      (tenant) => tenant?.businessHours ?? null,
      () => before?.answer ?? null,
    );
    kept.delete(key);
    kept.set(key, { at: now(), answer });
    const [oldest] = kept.keys();
    if (kept.size > tenantsMax && oldest !== undefined) kept.delete(oldest);
    return answer;
  };
}
