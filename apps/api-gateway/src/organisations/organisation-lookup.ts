/** Whether there is an organisation, for the agents that register: they come by the thousand with the same id. */
import type { Id } from '@migrator/contracts/ids';
import type { Sql } from '@migrator/service-kit/database';
import { LRUCache } from 'lru-cache';

/** Organisations are not removed, so one that was there stays; one that was not is asked for each time. */
export function createOrganisationLookup(sql: Sql): { exists(id: Id<'org'>): Promise<boolean> } {
  const known = new LRUCache<string, true>({ max: 10_000 });
  return {
    exists: async (id) => {
      if (known.has(id)) return true;
      const rows = await sql`select 1 from gateway.organisations where id = ${id}`;
      if (rows.length > 0) known.set(id, true);
      return rows.length > 0;
    },
  };
}
