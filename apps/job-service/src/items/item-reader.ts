/** Items that failed or were skipped, as people read them. */
import type { Item } from '@migrator/contracts/api/jobs';
import type { Id } from '@migrator/contracts/ids';
import { explain, type ItemFailure, type SkipCause } from '@migrator/contracts/outcomes';
import type { Sql } from '@migrator/service-kit/database';

interface Row {
  id: Id<'itm'>;
  unit_id: Id<'unt'>;
  source: string;
  container: string;
  kind: string;
  source_item_id: string;
  status: 'failed' | 'skipped';
  code: ItemFailure | SkipCause;
  graph_code: string | null;
  request_id: string | null;
  at: Date;
}

export function createItemReader(sql: Sql) {
  return {
    /** Up to `limit` items of a job, newest first, after the item `afterId`. The caller has checked whose job it is. */
    async list(jobId: string, status: 'failed' | 'skipped' | undefined, afterId: string | null, limit: number): Promise<Item[]> {
      // The page is cut before the units are looked up, or the planner might begin with the units.
      const rows = await sql<Row[]>`
        with page as materialized (
          select id, unit_id, container, kind, source_item_id, status, code, graph_code, request_id, at from jobs.items
          where job_id = ${jobId} ${status === undefined ? sql`` : sql`and status = ${status}`} ${afterId === null ? sql`` : sql`and id < ${afterId}`} order by id desc limit ${limit}
        )
        select page.*, u.source_address as source from page join jobs.units u on u.id = page.unit_id order by page.id desc`;
      return rows.map((row) => ({
        ...{ id: row.id, unitId: row.unit_id, source: row.source, container: row.container, kind: row.kind, sourceItemId: row.source_item_id, status: row.status, code: row.code },
        ...{ ...explain(row.code), graphCode: row.graph_code, requestId: row.request_id, at: row.at.toISOString() },
      }));
    },
  };
}
export type ItemReader = ReturnType<typeof createItemReader>;
