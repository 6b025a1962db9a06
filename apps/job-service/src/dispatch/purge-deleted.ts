/** Removes what belonged to deleted jobs, a little at a time; the tombstone stays. */
import { inTransaction, type Sql } from '@migrator/service-kit/database';

const rowsPerTurn = 5_000;

/** One turn. Waits for workers that still hold a unit, so that they are told `cancel` and not `lost`. */
export const makePurgeDeleted =
  ({ sql }: { sql: Sql }) =>
  async (): Promise<void> => {
    await inTransaction(sql, async (tx) => {
      const [purge] = await tx<{ jobId: string }[]>`
        select p.job_id as "jobId" from jobs.purges p join jobs.jobs j on j.id = p.job_id where j.units_claimed = 0 order by p.asked_at limit 1 for update of p skip locked`;
      if (purge === undefined) return;
      const { jobId } = purge;
      const lines = await tx`delete from jobs.log_lines where (job_id, seq) in (select job_id, seq from jobs.log_lines where job_id = ${jobId} limit ${rowsPerTurn})`;
      const items = await tx`delete from jobs.items where (job_id, item_key) in (select job_id, item_key from jobs.items where job_id = ${jobId} limit ${rowsPerTurn})`;
      const links = await tx`delete from jobs.links where (job_id, unit_id, item_key) in (select job_id, unit_id, item_key from jobs.links where job_id = ${jobId} limit ${rowsPerTurn})`;
      const differences = await tx`delete from jobs.differences where (pass_id, unit_id, difference_key) in (select d.pass_id, d.unit_id, d.difference_key from jobs.differences d join jobs.passes p on p.id = d.pass_id where p.job_id = ${jobId} limit ${rowsPerTurn})`;
      const containers = await tx`delete from jobs.verified_containers where (pass_id, unit_id, container_key) in (select c.pass_id, c.unit_id, c.container_key from jobs.verified_containers c join jobs.passes p on p.id = c.pass_id where p.job_id = ${jobId} limit ${rowsPerTurn})`;
      const verified = await tx`delete from jobs.verified_units where (pass_id, unit_id) in (select v.pass_id, v.unit_id from jobs.verified_units v join jobs.passes p on p.id = v.pass_id where p.job_id = ${jobId} limit ${rowsPerTurn})`;
      const units = await tx`delete from jobs.units where id in (select id from jobs.units where job_id = ${jobId} limit ${rowsPerTurn})`;
      if (lines.count + items.count + links.count + differences.count + containers.count + verified.count + units.count > 0) return;
      await tx`delete from jobs.pace_samples where pass_id in (select id from jobs.passes where job_id = ${jobId})`;
      await tx`update jobs.jobs set options = '{}', failure = null, mapping_findings = null, dry_run_causes = null where id = ${jobId}`;
      await tx`delete from jobs.purges where job_id = ${jobId}`;
    });
  };
