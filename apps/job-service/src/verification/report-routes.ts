/** Public route of the verification report. */
import { once } from 'node:events';
import { jobEndpoints } from '@migrator/contracts/endpoints/jobs';
import type { Pass } from '@migrator/contracts/api/jobs';
import { route } from '@migrator/service-kit/endpoint-route';
import { streamed, type RouteSpec } from '@migrator/service-kit/http';
import type { JobReader } from '../jobs/job-reader.js';
import { differenceRow, reportCsvHeader, unitRows } from './report-csv.js';
import type { ReportReader } from './report-reader.js';

export interface ReportRoutesDeps {
  jobs: JobReader;
  reports: ReportReader;
}

export function reportRoutes({ jobs, reports }: ReportRoutesDeps): RouteSpec[] {
  return [
    route(jobEndpoints.getJobReport, async ({ org, params, query: { format, pass: passId }, response, signal }) => {
      await jobs.identify(org, params.id);
      const pass = await reports.pass(params.id, passId);
      response.writeHead(200, format === 'csv' ? { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': 'attachment; filename="job-report.csv"', 'cache-control': 'no-store' } : { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
      for await (const text of format === 'csv' ? asCsv(reports, pass) : asJson(reports, params.id, pass)) {
        if (signal.aborted) return streamed;
        if (!response.write(text)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
      response.end();
      return streamed;
    }),
  ];
}

async function* asCsv(reports: ReportReader, { id }: Pass): AsyncGenerator<string> {
  yield reportCsvHeader;
  for await (const units of reports.units(id)) yield units.map(unitRows).join('');
  for await (const differences of reports.differences(id)) yield differences.map(differenceRow).join('');
}

async function* asJson(reports: ReportReader, jobId: string, pass: Pass): AsyncGenerator<string> {
  yield `{"jobId":${JSON.stringify(jobId)},"pass":${JSON.stringify(pass)},"units":[`;
  yield* joined(reports.units(pass.id));
  yield '],"differences":[';
  yield* joined(reports.differences(pass.id));
  yield ']}';
}

/** Rows as the inside of a JSON list. */
async function* joined(chunks: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
  let comma = '';
  for await (const rows of chunks) {
    if (rows.length === 0) continue;
    yield comma + rows.map((row) => JSON.stringify(row)).join(',');
    comma = ',';
  }
}
