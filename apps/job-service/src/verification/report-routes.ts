/** Public route of the verification report. */
import { jobEndpoints } from '@migrator/contracts/endpoints/jobs';
import type { Pass } from '@migrator/contracts/api/jobs';
import { route } from '@migrator/service-kit/endpoint-route';
import type { RouteSpec } from '@migrator/service-kit/http';
import type { JobReader } from '../jobs/job-reader.js';
import { joined, sendReport } from '../reports/streamed-report.js';
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
      return await sendReport(response, signal, { format, filename: 'job-report.csv', csv: () => asCsv(reports, pass), json: () => asJson(reports, params.id, pass) });
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
