/** Public route of the links that a job made anew. */
import type { ListedLink } from '@migrator/contracts/api/links';
import { jobEndpoints } from '@migrator/contracts/endpoints/jobs';
import { route } from '@migrator/service-kit/endpoint-route';
import type { RouteSpec } from '@migrator/service-kit/http';
import type { JobReader } from '../jobs/job-reader.js';
import { csvRow } from '../logs/csv.js';
import { joined, sendReport } from '../reports/streamed-report.js';
import type { LinkReader } from './link-reader.js';

export interface LinkRoutesDeps {
  jobs: JobReader;
  links: LinkReader;
}

const columns = ['unitId', 'source', 'dest', 'path', 'type', 'scope', 'from', 'to', 'at'] as const satisfies readonly (keyof ListedLink)[];

export function linkRoutes({ jobs, links }: LinkRoutesDeps): RouteSpec[] {
  return [
    route(jobEndpoints.getJobLinks, async ({ org, params: { id }, query: { format }, response, signal }) => {
      await jobs.identify(org, id);
      return await sendReport(response, signal, { format, filename: 'job-links.csv', csv: () => asCsv(links, id), json: () => asJson(links, id) });
    }),
  ];
}

async function* asCsv(links: LinkReader, jobId: string): AsyncGenerator<string> {
  yield csvRow(columns);
  for await (const { opened } of links.list(jobId)) yield opened.map((link) => csvRow(columns.map((column) => link[column] ?? ''))).join('');
}

async function* asJson(links: LinkReader, jobId: string): AsyncGenerator<string> {
  let unreadable = 0;
  yield `{"jobId":${JSON.stringify(jobId)},"links":[`;
  yield* joined(
    (async function* () {
      for await (const part of links.list(jobId)) {
        unreadable += part.unreadable;
        yield part.opened;
      }
    })(),
  );
  yield `],"unreadable":${unreadable}}`;
}
