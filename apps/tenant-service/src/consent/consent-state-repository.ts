/** SQL for consent states. */
import type { Queryable } from '@migrator/service-kit/database';
import { hashState, type ConsentState } from './consent-state.js';

export class ConsentStateRepository {
  async insert(sql: Queryable, state: string, { orgId, domain, role }: ConsentState, createdAt: Date, expiresAt: Date): Promise<void> {
    await sql`insert into tenants.consent_states (state_hash, org_id, domain, role, created_at, expires_at) values (${hashState(state)}, ${orgId}, ${domain}, ${role}, ${createdAt}, ${expiresAt})`;
  }

  /** Uses a state up; null when it is unknown, used or expired. Atomic: of two callbacks with one state, one gets it. */
  async claim(sql: Queryable, state: string, now: Date): Promise<ConsentState | null> {
    const [row] = await sql<{ org_id: ConsentState['orgId']; domain: string; role: ConsentState['role'] }[]>`
      update tenants.consent_states set used_at = ${now} where state_hash = ${hashState(state)} and used_at is null and expires_at > ${now} returning org_id, domain, role`;
    return row === undefined ? null : { orgId: row.org_id, domain: row.domain, role: row.role };
  }

  async removeExpired(sql: Queryable, before: Date): Promise<void> {
    await sql`delete from tenants.consent_states where expires_at < ${before}`;
  }
}
