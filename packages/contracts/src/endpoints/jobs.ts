/** Calls on jobs and what belongs to them. */
import { deletedSchema } from '../api/common.js';
import { createBatchAnswer, createBatchBody, createJobBody, createPassBody, jobAnswer, listItemsAnswer, listItemsQuery, listJobsAnswer, listJobsQuery, listMailboxesAnswer, listMailboxesQuery, listPassesAnswer, listUnitsAnswer, passAnswer, pauseJobAnswer, resumeJobAnswer } from '../api/jobs.js';
import { streamLogQuery } from '../api/logs.js';
import { jobLinksAnswer, jobLinksQuery } from '../api/links.js';
import { preflightAnswer } from '../api/preflight.js';
import { jobReportAnswer, jobReportQuery } from '../api/report.js';
import { defineEndpoint } from '../endpoint.js';
import { exampleEstimate, exampleIds, exampleItem, exampleJob, exampleLinks, exampleMailbox, exampleNewJob, examplePass, exampleReport, exampleUnit } from '../examples.js';

const owner = 'job-service';
const tag = 'Jobs';
const read = { access: 'organisation', scope: 'read' } as const;
const write = { access: 'organisation', scope: 'write' } as const;
const params = { id: { prefix: 'job', notFound: 'JOB_NOT_FOUND' } } as const;
const onePage = { nextCursor: null, hasMore: false };

export const jobEndpoints = {
  createJob: defineEndpoint({
    ...{ id: 'createJob', method: 'POST', path: '/v1/jobs', owner, tag, status: 201, idempotent: true }, ...write,
    summary: 'Create a job',
    description: 'It begins at once, or at `scheduledAt`. Without a list of sources everything that was discovered is taken; without a mapping sources are matched by the name before the `@`. EMAIL options: `mailboxes`, `mailboxMappings`, `merge`, `deletions` (`keep` or `apply`), `destFolderPrefix` and `filters` (`since`, `until`, `includeFolders`, `excludeFolders`, `maxItemBytes`).',
    body: createJobBody, answer: jobAnswer, errors: ['TENANT_NOT_FOUND'], audit: { action: 'job.created', target: { answer: 'job.id' } },
    examples: { body: exampleNewJob, answer: { job: { ...exampleJob, status: 'QUEUED', totalItems: 0, doneItems: 0, errorItems: 0, skippedItems: 0, bytesTransferred: 0, startedAt: null, passes: [{ ...examplePass, status: 'QUEUED', startedAt: null }] } } },
  }),
  createJobBatch: defineEndpoint({
    ...{ id: 'createJobBatch', method: 'POST', path: '/v1/jobs/batch', owner, tag, status: 201, idempotent: true, bodyBytesMax: 10 * 1024 * 1024 }, ...write,
    summary: 'Create up to 500 jobs at once, all or none', body: createBatchBody, answer: createBatchAnswer, errors: ['TENANT_NOT_FOUND'], audit: { action: 'job.batch_created', target: null },
    examples: { body: { ...exampleNewJob, options: undefined, batches: [{ name: 'Wave 1', options: { mailboxes: ['ada@contoso.com'] } }, { name: 'Wave 2', scheduledAt: '2026-03-21T18:00:00Z', options: { mailboxes: ['alan@contoso.com'] } }] }, answer: { jobIds: [exampleIds.job, 'job_01JA2B3C4D5E6F7G8H9JKMNPS0'] } },
  }),
  listJobs: defineEndpoint({
    ...{ id: 'listJobs', method: 'GET', path: '/v1/jobs', owner, tag, status: 200 }, ...read,
    summary: 'Jobs, newest first', query: listJobsQuery, answer: listJobsAnswer, examples: { answer: { jobs: [exampleJob], ...onePage } },
  }),
  getJob: defineEndpoint({
    ...{ id: 'getJob', method: 'GET', path: '/v1/jobs/:id', owner, tag, status: 200 }, ...read,
    summary: 'One job', description: 'Counters are no more than 2 seconds old while it runs. `estimate` bounds how long it will still take; a dry run that has ended says in `dryRunResult` what the real run would do.',
    params, answer: jobAnswer, examples: { answer: { job: { ...exampleJob, estimate: exampleEstimate, dryRunResult: null } } },
  }),
  pauseJob: defineEndpoint({
    ...{ id: 'pauseJob', method: 'PATCH', path: '/v1/jobs/:id/pause', owner, tag, status: 200 }, ...write,
    summary: 'Pause a running job', description: 'Items in flight are finished; `draining` of the job is true until the workers are idle.',
    params, answer: pauseJobAnswer, errors: ['JOB_NOT_RUNNING'], audit: { action: 'job.paused', target: { param: 'id' } }, examples: { answer: { status: 'PAUSED' } },
  }),
  resumeJob: defineEndpoint({
    ...{ id: 'resumeJob', method: 'PATCH', path: '/v1/jobs/:id/resume', owner, tag, status: 200 }, ...write,
    summary: 'Resume a paused job', description: 'It goes on where it stopped; what is there already is not written again.',
    params, answer: resumeJobAnswer, errors: ['JOB_NOT_PAUSED', 'TENANT_DISCONNECTED'], audit: { action: 'job.resumed', target: { param: 'id' } }, examples: { answer: { status: 'QUEUED' } },
  }),
  deleteJob: defineEndpoint({
    ...{ id: 'deleteJob', method: 'DELETE', path: '/v1/jobs/:id', owner, tag, status: 200 }, ...write,
    summary: 'Delete a job', description: 'Workers stop after the batch in hand; nothing at the destination is touched.',
    params, answer: deletedSchema, audit: { action: 'job.deleted', target: { param: 'id' } }, examples: { answer: { deleted: true } },
  }),
  streamJobLog: defineEndpoint({
    ...{ id: 'streamJobLog', method: 'GET', path: '/v1/jobs/:id/logs', owner: 'api-gateway', tag, status: 200 }, ...read,
    summary: 'The log of a job, live',
    description: 'Server-sent events: `log` with `{ id, level, message, ts }`, at the end `done` with `{ status, completedAt }`, after which the stream closes. History first, then live. Come back with `Last-Event-ID` to get what was missed.',
    params, query: streamLogQuery, answer: { mediaType: 'text/event-stream', description: 'Events `log` and `done`; a comment every 15 s keeps the line open.' },
  }),
  exportJobLog: defineEndpoint({
    ...{ id: 'exportJobLog', method: 'GET', path: '/v1/jobs/:id/logs/export', owner, tag, status: 200 }, ...read,
    summary: 'The log of a job as CSV', params, answer: { mediaType: 'text/csv', description: 'RFC 4180, header `id,level,message,ts`; cells that a spreadsheet would take for a formula are neutralised.' },
  }),
  listJobMailboxes: defineEndpoint({
    ...{ id: 'listJobMailboxes', method: 'GET', path: '/v1/jobs/:id/mailboxes', owner, tag, status: 200 }, ...read,
    summary: 'Mailboxes of an EMAIL job', params, query: listMailboxesQuery, answer: listMailboxesAnswer, examples: { answer: { mailboxes: [exampleMailbox], ...onePage } },
  }),
  listJobUnits: defineEndpoint({
    ...{ id: 'listJobUnits', method: 'GET', path: '/v1/jobs/:id/units', owner, tag, status: 200 }, ...read,
    summary: 'Units of a job of any type', description: 'Of a dry run: `doneItems` and `bytesTransferred` are what would be copied. `estimate` bounds when a unit will be done.', params, query: listMailboxesQuery, answer: listUnitsAnswer, examples: { answer: { units: [exampleUnit], ...onePage } },
  }),
  listJobItems: defineEndpoint({
    ...{ id: 'listJobItems', method: 'GET', path: '/v1/jobs/:id/items', owner, tag, status: 200 }, ...read,
    summary: 'Items that failed or were skipped', params, query: listItemsQuery, answer: listItemsAnswer, examples: { answer: { items: [exampleItem], ...onePage } },
  }),
  listJobPasses: defineEndpoint({
    ...{ id: 'listJobPasses', method: 'GET', path: '/v1/jobs/:id/passes', owner, tag, status: 200 }, ...read,
    summary: 'Passes of a job', params, answer: listPassesAnswer, examples: { answer: { passes: [examplePass] } },
  }),
  createPass: defineEndpoint({
    ...{ id: 'createPass', method: 'POST', path: '/v1/jobs/:id/passes', owner, tag, status: 202, idempotent: true }, ...write,
    summary: 'Start a later pass over a job', description: '`delta`: what is new or changed; moves of items and folders are followed, and deletions counted, or applied where the job’s `deletions` say so. `retry`: what failed, and what was skipped for a reason that can be put right. `verify`: compare only, nothing is written; its report is at `GET /v1/jobs/{id}/report`.',
    params, body: createPassBody, answer: passAnswer, errors: ['CONFLICT', 'TENANT_DISCONNECTED'], audit: { action: 'job.pass_created', target: { param: 'id' } },
    examples: { body: { mode: 'delta' }, answer: { pass: { ...examplePass, mode: 'delta', status: 'QUEUED', startedAt: null } } },
  }),
  getJobReport: defineEndpoint({
    ...{ id: 'getJobReport', method: 'GET', path: '/v1/jobs/:id/report', owner, tag, status: 200 }, ...read,
    summary: 'The verification report of a job',
    description: 'What the latest verify pass (or `pass`) found: per unit and container the counts and bytes on both sides, and every difference with its class, cause and remedy. JSON, or CSV by `format=csv`. Without a verify pass: 409 `CONFLICT`.',
    params, query: jobReportQuery, errors: ['CONFLICT', 'NOT_FOUND'],
    answer: { mediaType: 'text/csv', description: 'RFC 4180; `record` says whether a row is a unit, a container or a difference. Cells that a spreadsheet would take for a formula are neutralised.', json: jobReportAnswer },
    examples: { answer: exampleReport },
  }),
  getJobLinks: defineEndpoint({
    ...{ id: 'getJobLinks', method: 'GET', path: '/v1/jobs/:id/links', owner, tag, status: 200 }, ...write,
    summary: 'New addresses of sharing links',
    description: 'Every sharing link that the job made anew, with its address at the source (`null` where Microsoft does not show it) and at the destination. JSON, or CSV by `format=csv`. Links for everybody let in whoever has their address: this needs the scope `write`, and each reading is in the audit log.',
    params, query: jobLinksQuery, audit: { action: 'job.links_read', target: { param: 'id' } },
    answer: { mediaType: 'text/csv', description: 'RFC 4180, header `unitId,source,dest,path,type,scope,from,to,at`. Cells that a spreadsheet would take for a formula are neutralised.', json: jobLinksAnswer },
    examples: { answer: exampleLinks },
  }),
  preflight: defineEndpoint({
    ...{ id: 'preflight', method: 'POST', path: '/v1/preflight', owner, tag, status: 200 }, ...read,
    summary: 'Check what stands in the way of a job', description: 'Takes the body of a job and creates nothing.',
    body: createJobBody, answer: preflightAnswer, errors: ['TENANT_NOT_FOUND'],
    examples: {
      body: exampleNewJob,
      answer: { level: 'warn', checks: [{ id: 'mailbox-quota', level: 'warn', title: 'Mailbox sizes', detail: '1 of 1 mailboxes would fill its destination by more than 90 %.', remedy: 'Assign a plan with a larger mailbox, or leave old items out by filters.', affected: [{ id: exampleIds.dbu, name: 'ada@contoso.com', detail: '46.2 GB of 50 GB' }], affectedTotal: 1 }] },
    },
  }),
} as const;
