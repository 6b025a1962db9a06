/** A worker says that it is there and how many units it works at once; `units: 0` on its way out. Only estimates count on it. */
import type { Sql } from '@migrator/service-kit/database';

export interface AnnounceWorker {
  workerId: string;
  units: number;
}

/** Safe to repeat: the last word counts. */
export const makeAnnounceWorker =
  ({ sql }: { sql: Sql }) =>
  async ({ workerId, units }: AnnounceWorker): Promise<{ announced: true }> => {
    await sql`insert into jobs.workers (worker_id, units, seen_at) values (${workerId}, ${units}, now()) on conflict (worker_id) do update set units = excluded.units, seen_at = excluded.seen_at`;
    return { announced: true };
  };
