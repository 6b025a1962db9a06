/** The audit log. A row is there before the change is let through, so that no crash can leave a change without one. */
import type { Id } from '@migrator/contracts/ids';
import type { Clock } from '@migrator/service-kit/clock';
import type { Queryable, Sql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';

export interface AuditEvent {
  orgId: Id<'org'>;
  /** `user:<id>`, `key:<id>` or `operator`. */
  actor: string;
  actorName: string | null;
  action: string;
  target: string | null;
  address: string | null;
  requestId: string;
}

export interface AuditLog {
  /** Notes a change that has been made, in the transaction that makes it. */
  record(sql: Queryable, event: AuditEvent): Promise<void>;
  /** Notes that a change is about to be asked for; the id for `settle`. */
  begin(event: AuditEvent): Promise<Id<'aud'>>;
  /** The change was made (`done`, with its target), or was refused and leaves nothing (`refused`). An unknown end is not settled. */
  settle(id: Id<'aud'>, end: { outcome: 'done'; target: string | null } | { outcome: 'refused' }): Promise<void>;
}

export function createAuditLog({ sql, clock, ids }: { sql: Sql; clock: Clock; ids: Ids }): AuditLog {
  const insert = async (queryable: Queryable, event: AuditEvent, outcome: 'done' | 'unknown'): Promise<Id<'aud'>> => {
    const id = ids.next('aud');
    await queryable`insert into gateway.audit (id, org_id, at, actor, actor_name, action, target, address, request_id, outcome)
      values (${id}, ${event.orgId}, ${clock.now()}, ${event.actor}, ${event.actorName}, ${event.action}, ${event.target}, ${event.address}, ${event.requestId}, ${outcome})`;
    return id;
  };
  return {
    record: async (queryable, event) => {
      await insert(queryable, event, 'done');
    },
    begin: (event) => insert(sql, event, 'unknown'),
    settle: async (id, end) => {
      if (end.outcome === 'done') await sql`update gateway.audit set outcome = 'done', target = coalesce(${end.target}, target) where id = ${id}`;
      else await sql`delete from gateway.audit where id = ${id}`;
    },
  };
}
