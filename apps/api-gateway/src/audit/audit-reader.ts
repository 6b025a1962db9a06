/** Reading the audit log, newest first. */
import type { Id } from '@migrator/contracts/ids';
import type { Sql } from '@migrator/service-kit/database';

export interface AuditFilter {
  action?: string | undefined;
  actor?: string | undefined;
  target?: string | undefined;
}

export interface AuditRow {
  id: Id<'aud'>;
  at: Date;
  actor: string;
  actorName: string | null;
  action: string;
  target: string | null;
  address: string | null;
  requestId: string;
  outcome: 'done' | 'unknown';
}

interface Row {
  id: Id<'aud'>;
  at: Date;
  actor: string;
  actor_name: string | null;
  action: string;
  target: string | null;
  address: string | null;
  request_id: string;
  outcome: 'done' | 'unknown';
}

export interface AuditReader {
  /** Rows older than `before` (an id; null: the newest). */
  list(orgId: Id<'org'>, filter: AuditFilter, before: string | null, limit: number): Promise<AuditRow[]>;
}

export const createAuditReader = (sql: Sql): AuditReader => ({
  list: async (orgId, { action, actor, target }, before, limit) => {
    const rows = await sql<Row[]>`select id, at, actor, actor_name, action, target, address, request_id, outcome from gateway.audit where org_id = ${orgId}
      ${action === undefined ? sql`` : sql`and action = ${action}`} ${actor === undefined ? sql`` : sql`and actor = ${actor}`} ${target === undefined ? sql`` : sql`and target = ${target}`}
      ${before === null ? sql`` : sql`and id < ${before}`} order by id desc limit ${limit}`;
    return rows.map(({ actor_name: actorName, request_id: requestId, ...row }) => ({ ...row, actorName, requestId }));
  },
});
