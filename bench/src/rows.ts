/** Rows in bulk, for lists that must be long. Written as the services write them; ids are ULIDs in form and count upwards. */
import type postgres from 'postgres';

/** An id of this kind, number `n`. */
export const idOf = (prefix: string, n: number): string => `${prefix}_${String(n).padStart(26, '0')}`;
const ids = (prefix: string): string => `'${prefix}_' || lpad(n::text, 26, '0')`;
const chunk = 100_000;

async function inChunks(count: number, insert: (from: number, to: number) => Promise<unknown>): Promise<void> {
  for (let from = 1; from <= count; from += chunk) await insert(from, Math.min(count, from + chunk - 1));
}

/** Jobs 1 to `count` of an organisation, ended, a second apart; each with its pass. */
export async function insertJobs(sql: postgres.Sql, orgId: string, count: number): Promise<void> {
  await inChunks(count, async (from, to) => {
    await sql.unsafe(
      `insert into jobs.jobs (id, org_id, type, status, name, source_tenant_id, dest_tenant_id, scope, options, dry_run, created_by, created_at, started_at, completed_at, outcome, pass_id)
       select ${ids('job')}, $1, 'EMAIL', (array['DONE', 'ERROR', 'DONE', 'PAUSED'])[n % 4 + 1], 'Wave ' || n, '${idOf('ten', 1)}', '${idOf('ten', 2)}',
         '{"email":true,"calendar":true,"contacts":true,"tasks":true}', '{"mailboxes":["ada@contoso.com"]}', false, 'bench', at, at, at, 'clean', ${ids('pas')}
       from generate_series($2::int, $3::int) n, lateral (select timestamptz '2026-01-01' + n * interval '1 second' as at) t`,
      [orgId, from, to],
    );
    await sql.unsafe(
      `insert into jobs.passes (id, job_id, mode, status, created_by, created_at, started_at, completed_at)
       select ${ids('pas')}, ${ids('job')}, 'full', 'DONE', 'bench', at, at, at from generate_series($1::int, $2::int) n, lateral (select timestamptz '2026-01-01' + n * interval '1 second' as at) t`,
      [from, to],
    );
  });
}

/** Items of one job that did not arrive. */
export async function insertItems(sql: postgres.Sql, jobId: string, count: number): Promise<void> {
  await sql`insert into jobs.units (id, job_id, source_microsoft_id, source_address, dest_microsoft_id, dest_address, status, total, error, completed_at)
    values (${idOf('unt', 1)}, ${jobId}, 'a', 'ada@contoso.com', 'b', 'ada@fabrikam.com', 'DONE', ${count}, ${count}, now())`;
  await inChunks(count, (from, to) =>
    sql.unsafe(
      `insert into jobs.items (job_id, item_key, id, unit_id, claim, status, container, kind, source_item_id, code, graph_code, request_id, at)
       select $1, 'item ' || n, ${ids('itm')}, '${idOf('unt', 1)}', 1, (array['failed', 'skipped'])[n % 2 + 1], 'Inbox/Projects', 'message', 'AAMkAGUx' || n, (array['DEST_ITEM_REFUSED', 'SOURCE_ITEM_GONE'])[n % 2 + 1], 'ErrorItemNotFound', null, now()
       from generate_series($2::int, $3::int) n`,
      [jobId, from, to],
    ),
  );
}

/** Lines of one job's log, after those it has. */
export async function insertLines(sql: postgres.Sql, jobId: string, count: number): Promise<void> {
  await inChunks(count, (from, to) =>
    sql.unsafe(
      `insert into jobs.log_lines (job_id, seq, level, message, at)
       select $1, n, (array['INFO', 'OK', 'WARN', 'ERROR'])[n % 4 + 1], 'mailbox-' || n || '@contoso.com → ' || n % 5000 || ' items migrated', timestamptz '2026-01-01' + n * interval '10 milliseconds'
       from generate_series($2::int, $3::int) n`,
      [jobId, from, to],
    ),
  );
  await sql`update jobs.jobs set log_seq = ${count}, live_seq = ${count}, log_at = now() - interval '1 hour' where id = ${jobId}`;
}

/** As autovacuum would have left them. */
export const settle = async (sql: postgres.Sql, tables: string[]): Promise<void> => {
  for (const table of tables) await sql.unsafe(`vacuum analyze ${table}`);
};
