/** Items that failed or were skipped, as people read them. */
import type { Item } from '@migrator/contracts/api/jobs';
import type { Id } from '@migrator/contracts/ids';
import { explain, type ItemFailure, type SkipCause } from '@migrator/contracts/outcomes';
import type { Database } from '@migrator/service-kit/database';
import { and, desc, eq, lt } from 'drizzle-orm';
import { itemsTable, unitsTable } from '../schema.js';

export function createItemReader({ drizzle: db }: Database) {
  return {
    /** Up to `limit` items of a job, newest first, after the item `afterId`. The caller has checked whose job it is. */
    async list(jobId: string, status: 'failed' | 'skipped' | undefined, afterId: string | null, limit: number): Promise<Item[]> {
      const rows = await db
        .select({ item: itemsTable, source: unitsTable.sourceAddress })
        .from(itemsTable)
        .innerJoin(unitsTable, eq(unitsTable.id, itemsTable.unitId))
        .where(and(eq(itemsTable.jobId, jobId), status === undefined ? undefined : eq(itemsTable.status, status), afterId === null ? undefined : lt(itemsTable.id, afterId)))
        .orderBy(desc(itemsTable.id))
        .limit(limit);
      return rows.map(({ item, source }) => ({
        id: item.id as Id<'itm'>,
        unitId: item.unitId as Id<'unt'>,
        source,
        container: item.container,
        kind: item.kind,
        sourceItemId: item.sourceItemId,
        status: item.status,
        code: item.code,
        ...explain(item.code as ItemFailure | SkipCause),
        graphCode: item.graphCode,
        requestId: item.requestId,
        at: item.at.toISOString(),
      }));
    },
  };
}
export type ItemReader = ReturnType<typeof createItemReader>;
