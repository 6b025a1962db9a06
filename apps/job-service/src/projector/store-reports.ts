/** Stores a batch of work reports, and the stream sequence reached, in one transaction: each report once, whatever dies when. */
import type { ItemReport, UnitCounters, WorkPayload } from '@migrator/contracts/events';
import type { WorkReport } from '@migrator/messaging/work';
import { inTransaction, type Sql, type TransactionSql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import { storeLinks } from '../links/store-links.js';
import { insertLines, type NewLine, type StoredLine } from '../logs/log-repository.js';
import { storeVerification } from '../verification/verification-repository.js';
import { soundCounters } from '../units/unit.js';
import { advancePosition, type Position } from './position-repository.js';

export interface ReportedItem extends ItemReport {
  jobId: string;
  unitId: string;
  claim: number;
  at: string;
}

/** What a batch comes to: lines in order, the last progress of each unit, the last word on each item. */
interface Digest {
  lines: Map<string, NewLine[]>;
  progress: Map<string, { jobId: string; claim: number; counters: UnitCounters }>;
  items: Map<string, ReportedItem>;
  /** In order. */
  verifications: WorkPayload<'verification'>[];
  jobIds: string[];
}

/** PostgreSQL cannot store NUL in text; one such character must not hold up everybody's reports. */
const clean = (text: string): string => text.replaceAll('\u0000', '');

/** Folds a batch. Pure. */
export function digestReports(reports: readonly WorkReport[]): Digest {
  const digest: Digest = { lines: new Map(), progress: new Map(), items: new Map(), verifications: [], jobIds: [] };
  const jobIds = new Set<string>();
  for (const report of reports) {
    if (report.type === 'unreadable') continue;
    const { jobId, unitId, claim, at } = report.payload;
    jobIds.add(jobId);
    if (report.type === 'log') {
      const line: NewLine = { level: report.payload.level, message: clean(report.payload.message), at: new Date(at) };
      const lines = digest.lines.get(jobId);
      if (lines === undefined) digest.lines.set(jobId, [line]);
      else lines.push(line);
    } else if (report.type === 'progress') {
      const before = digest.progress.get(unitId);
      if (before === undefined || before.claim <= claim) digest.progress.set(unitId, { jobId, claim, counters: soundCounters(report.payload.counters) });
    } else if (report.type === 'verification') digest.verifications.push(report.payload);
    else
      for (const item of report.payload.items) {
        const key = `${jobId} ${item.itemKey}`;
        const before = digest.items.get(key);
        // An older claim has nothing more to say.
        if (before === undefined || before.claim <= claim) digest.items.set(key, { ...linksSaidBefore(before), ...item, jobId, unitId, claim, at });
      }
  }
  digest.jobIds = [...jobIds];
  return digest;
}

/** A later report that says nothing of an item's links leaves what an earlier one said. */
const linksSaidBefore = (before: ReportedItem | undefined): Pick<ReportedItem, 'sealedLinks'> => (before?.sealedLinks === undefined ? {} : { sealedLinks: before.sealedLinks });

/** Returns the lines as stored, by job, for the live copies. Reports about deleted or unknown jobs are dropped. */
export async function storeReports(sql: Sql, ids: Ids, position: Position, reports: readonly WorkReport[]): Promise<Map<string, StoredLine[]>> {
  const to = reports.at(-1)?.seq ?? position.sequence;
  const { lines, progress, items, verifications, jobIds } = digestReports(reports);
  return inTransaction(sql, async (tx) => {
    // First, so that two projectors queue up here and the later one finds that it is late.
    await advancePosition(tx, position, to);
    if (jobIds.length === 0) return new Map<string, StoredLine[]>();
    const locked = await tx<{ id: string; seq: number; over: boolean }[]>`
      select id, log_seq as seq, status in ('DONE', 'ERROR') as over from jobs.jobs where id = any(${jobIds}::text[]) and deleted_at is null order by id for no key update`;
    const seqs = new Map(locked.map(({ id, seq }) => [id, seq]));
    // Whoever lost its unit and says so late, after the job's end, would be heard by nobody who followed: the end line is the last.
    const stored = await storeLines(tx, new Map(locked.filter(({ over }) => !over).map(({ id, seq }) => [id, seq])), lines);
    await storeProgress(tx, seqs, progress);
    for (const verification of verifications) if (seqs.has(verification.jobId)) await storeVerification(tx, verification);
    const known = [...items.values()].filter((item) => seqs.has(item.jobId));
    await storeItems(tx, ids, known);
    await storeLinks(tx, known);
    return stored;
  });
}

async function storeLines(tx: TransactionSql, seqs: ReadonlyMap<string, number>, lines: Digest['lines']): Promise<Map<string, StoredLine[]>> {
  const stored = new Map<string, StoredLine[]>();
  for (const [jobId, fresh] of lines) {
    const last = seqs.get(jobId);
    if (last !== undefined) stored.set(jobId, fresh.map((line, index) => ({ ...line, seq: last + 1 + index })));
  }
  if (stored.size === 0) return stored;
  const jobIds = [...stored.keys()];
  await tx`
    update jobs.jobs j set log_seq = j.log_seq + n.lines, log_at = now()
    from unnest(${jobIds}::text[], ${jobIds.map((id) => stored.get(id)?.length ?? 0)}::int[]) as n (id, lines) where j.id = n.id`;
  await insertLines(
    tx,
    [...stored].flatMap(([jobId, jobLines]) => jobLines.map((line) => ({ ...line, jobId }))),
  );
  return stored;
}

/** Progress counts while its claim is the unit's current one; after `finish` the counters given there are final. */
async function storeProgress(tx: TransactionSql, seqs: ReadonlyMap<string, number>, progress: Digest['progress']): Promise<void> {
  const units = [...progress].filter(([, { jobId }]) => seqs.has(jobId));
  if (units.length === 0) return;
  const column = (key: keyof UnitCounters): number[] => units.map(([, { counters }]) => counters[key]);
  await tx`
    update jobs.units u set total = p.total, done = p.done, error = p.error, skipped = p.skipped, bytes = p.bytes
    from unnest(
      ${units.map(([id]) => id)}::text[], ${units.map(([, { jobId }]) => jobId)}::text[], ${units.map(([, { claim }]) => claim)}::int[],
      ${column('total')}::bigint[], ${column('done')}::bigint[], ${column('error')}::bigint[], ${column('skipped')}::bigint[], ${column('bytes')}::bigint[]
    ) as p (id, job_id, claim, total, done, error, skipped, bytes)
    where u.id = p.id and u.job_id = p.job_id and u.claim = p.claim and u.status = 'RUNNING'`;
}

async function storeItems(tx: TransactionSql, ids: Ids, items: readonly ReportedItem[]): Promise<void> {
  const resolved = items.filter(({ status, code }) => status === 'resolved' || code === null);
  const open = items.filter(({ status, code }) => status !== 'resolved' && code !== null);
  if (resolved.length > 0)
    await tx`
      delete from jobs.items i using unnest(${resolved.map(({ jobId }) => jobId)}::text[], ${resolved.map(({ itemKey }) => clean(itemKey))}::text[], ${resolved.map(({ claim }) => claim)}::int[]) as r (job_id, item_key, claim)
      where i.job_id = r.job_id and i.item_key = r.item_key and i.claim <= r.claim`;
  if (open.length > 0)
    await tx`
      insert into jobs.items (job_id, item_key, id, unit_id, claim, status, container, kind, source_item_id, code, graph_code, request_id, at)
      select r.job_id, r.item_key, r.id, r.unit_id, r.claim, r.status, r.container, r.kind, r.source_item_id, r.code, r.graph_code, r.request_id, r.at::timestamptz from unnest(
        ${open.map(({ jobId }) => jobId)}::text[], ${open.map(({ itemKey }) => clean(itemKey))}::text[], ${open.map(() => ids.next('itm'))}::text[], ${open.map(({ unitId }) => unitId)}::text[],
        ${open.map(({ claim }) => claim)}::int[], ${open.map(({ status }) => status)}::text[], ${open.map(({ container }) => clean(container))}::text[], ${open.map(({ kind }) => clean(kind))}::text[],
        ${open.map(({ sourceItemId }) => clean(sourceItemId))}::text[], ${open.map(({ code }) => code ?? '')}::text[],
        ${open.map(({ graphCode }) => (graphCode === null ? null : clean(graphCode)))}::text[], ${open.map(({ requestId }) => (requestId === null ? null : clean(requestId)))}::text[], ${open.map(({ at }) => at)}::text[]
      ) as r (job_id, item_key, id, unit_id, claim, status, container, kind, source_item_id, code, graph_code, request_id, at)
      join jobs.units u on u.id = r.unit_id and u.job_id = r.job_id
      on conflict (job_id, item_key) do update set
        unit_id = excluded.unit_id, claim = excluded.claim, status = excluded.status, container = excluded.container, kind = excluded.kind, source_item_id = excluded.source_item_id,
        code = excluded.code, graph_code = excluded.graph_code, request_id = excluded.request_id, at = excluded.at
      where jobs.items.claim <= excluded.claim`;
}
