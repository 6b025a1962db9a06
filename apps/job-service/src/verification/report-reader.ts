/** Reads a verify pass for its report, a part at a time: a million differences cost no memory. */
import { differenceCauses, explain, type DifferenceCause, type ItemFailure, type SkipCause } from '@migrator/contracts/outcomes';
import type { Pass } from '@migrator/contracts/api/jobs';
import type { ReportedDifference, VerifiedContainer, VerifiedUnit } from '@migrator/contracts/api/report';
import { AppError, notFound } from '@migrator/contracts/errors';
import type { VerifiedCounts } from '@migrator/contracts/events';
import type { Id } from '@migrator/contracts/ids';
import type { Sql } from '@migrator/service-kit/database';
import { describePass } from '../passes/pass-reader.js';
import { passColumns, type PassRow } from '../passes/pass-repository.js';
import { describeFailure, type UnitFailureDetail } from '../units/unit.js';

interface UnitRow {
  unitId: Id<'unt'>;
  source: string;
  dest: string | null;
  state: 'waiting' | 'verifying' | 'verified' | 'failed' | 'skipped';
  failure: UnitFailureDetail | null;
  sourceItems: number;
  sourceBytes: number;
  destItems: number;
  destBytes: number;
  ownItems: number;
  leftOut: number;
  matched: number;
  missing: number;
  extra: number;
  differs: number;
  notComparable: number;
}

interface DifferenceRow {
  key: string;
  unitId: Id<'unt'>;
  source: string;
  container: string;
  kind: string;
  code: DifferenceCause;
  because: ItemFailure | SkipCause | null;
  fields: string[];
  sourceItemId: string | null;
  destItemId: string | null;
  foundIn: string | null;
}

const statuses = { waiting: 'PENDING', verifying: 'RUNNING', verified: 'VERIFIED', failed: 'NOT_VERIFIED', skipped: 'SKIPPED' } as const satisfies Record<UnitRow['state'], VerifiedUnit['status']>;
const unitsPerChunk = 50;
const differencesPerChunk = 500;

export function createReportReader(sql: Sql) {
  return {
    /** The pass to report: that one, or the latest. CONFLICT when the job was never verified, NOT_FOUND when `passId` is not a verify pass of the job. */
    async pass(jobId: string, passId: string | undefined): Promise<Pass> {
      const [row] = await sql<PassRow[]>`select ${passColumns(sql)} from jobs.passes where job_id = ${jobId} and mode = 'verify' ${passId === undefined ? sql`` : sql`and id = ${passId}`} order by id desc limit 1`;
      if (row !== undefined) return describePass(row);
      if (passId !== undefined) throw notFound('NOT_FOUND');
      throw new AppError('CONFLICT', { publicMessage: 'This job has not been verified yet. Start a verify pass with POST /v1/jobs/{id}/passes and {"mode":"verify"} once the job has ended.' });
    },

    /** Units with their containers, some at a time. */
    async *units(passId: string): AsyncGenerator<VerifiedUnit[]> {
      let after = '';
      for (;;) {
        const rows = await sql<UnitRow[]>`
          select v.unit_id as "unitId", u.source_address as source, u.dest_address as dest, v.state, v.failure, v.source_items as "sourceItems", v.source_bytes as "sourceBytes", v.dest_items as "destItems", v.dest_bytes as "destBytes",
            v.own_items as "ownItems", v.left_out as "leftOut", v.matched, v.missing, v.extra, v.differs, v.not_comparable as "notComparable"
          from jobs.verified_units v join jobs.units u on u.id = v.unit_id where v.pass_id = ${passId} and v.unit_id > ${after} order by v.unit_id limit ${unitsPerChunk}`;
        const last = rows.at(-1);
        if (last === undefined) return;
        after = last.unitId;
        const containers = await sql<{ unitId: string; path: string; destPath: string | null; kind: string; counts: VerifiedCounts }[]>`
          select unit_id as "unitId", path, dest_path as "destPath", kind, counts from jobs.verified_containers where pass_id = ${passId} and unit_id = any (${rows.map(({ unitId }) => unitId)}::text[]) order by unit_id, path, container_key`;
        const byUnit = new Map<string, VerifiedContainer[]>();
        for (const { unitId, counts, ...container } of containers) byUnit.set(unitId, [...(byUnit.get(unitId) ?? []), { ...container, ...counts }]);
        yield rows.map(({ state, failure, ...row }) => ({ ...row, status: statuses[state], failure: failure === null ? null : describeFailure(failure), containers: byUnit.get(row.unitId) ?? [] }));
      }
    },

    /** Differences by unit, some at a time. */
    async *differences(passId: string): AsyncGenerator<ReportedDifference[]> {
      let unit = '';
      let key = '';
      for (;;) {
        const rows = await sql<DifferenceRow[]>`
          select d.difference_key as key, d.unit_id as "unitId", u.source_address as source, d.container, d.kind, d.code, d.because, d.fields, d.source_item_id as "sourceItemId", d.dest_item_id as "destItemId", d.found_in as "foundIn"
          from jobs.differences d join jobs.units u on u.id = d.unit_id where d.pass_id = ${passId} and (d.unit_id, d.difference_key) > (${unit}, ${key}) order by d.unit_id, d.difference_key limit ${differencesPerChunk}`;
        const last = rows.at(-1);
        if (last === undefined) return;
        unit = last.unitId;
        key = last.key;
        yield rows.map(describeDifference);
      }
    },
  };
}
export type ReportReader = ReturnType<typeof createReportReader>;

function describeDifference({ key: _key, code, because, ...row }: DifferenceRow): ReportedDifference {
  return { ...row, class: differenceCauses[code].class, code, ...explain(code), because: because === null ? null : { code: because, ...explain(because) } };
}
