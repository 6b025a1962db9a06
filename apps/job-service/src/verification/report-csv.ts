/** The report of a verify pass as CSV: one row a unit, a container or a difference. */
import type { VerifiedCounts } from '@migrator/contracts/events';
import type { ReportedDifference, VerifiedUnit } from '@migrator/contracts/api/report';
import { csvRow } from '../logs/csv.js';

const countColumns = ['sourceItems', 'sourceBytes', 'destItems', 'destBytes', 'ownItems', 'leftOut', 'matched', 'missing', 'extra', 'differs', 'notComparable'] as const satisfies readonly (keyof VerifiedCounts)[];
const columns = ['record', 'unitId', 'source', 'dest', 'container', 'destContainer', 'kind', 'status', 'class', 'code', 'because', 'fields', 'cause', 'remedy', 'sourceItemId', 'destItemId', ...countColumns] as const;
type Cells = Partial<Record<(typeof columns)[number], string>>;

export const reportCsvHeader = csvRow(columns);

const rowOf = (cells: Cells): string => csvRow(columns.map((column) => cells[column] ?? ''));
const countsOf = (counts: VerifiedCounts): Cells => Object.fromEntries(countColumns.map((column) => [column, String(counts[column])]));

/** The unit's row, and one for each of its containers. */
export function unitRows({ containers, failure, ...unit }: VerifiedUnit): string {
  const place = { unitId: unit.unitId, source: unit.source, dest: unit.dest ?? '' };
  return [
    rowOf({ record: 'unit', ...place, status: unit.status, ...(failure === null ? {} : { code: failure.code, cause: failure.cause, remedy: failure.remedy }), ...countsOf(unit) }),
    ...containers.map((container) => rowOf({ record: 'container', ...place, container: container.path, destContainer: container.destPath ?? '', kind: container.kind, ...countsOf(container) })),
  ].join('');
}

export function differenceRow(difference: ReportedDifference): string {
  const { unitId, source, container, kind, code, cause, remedy, because, fields, sourceItemId, destItemId, foundIn } = difference;
  const reason = because === null ? { cause, remedy } : { cause: `${cause} ${because.cause}`, remedy: because.remedy };
  return rowOf({ record: 'difference', unitId, source, container, destContainer: foundIn ?? '', kind, class: difference.class, code, because: because?.code ?? '', fields: fields.join(' '), ...reason, sourceItemId: sourceItemId ?? '', destItemId: destItemId ?? '' });
}
