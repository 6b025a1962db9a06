/** Public calls on jobs: one workload between two tenants. */
import { z } from 'zod';
import { idSchema } from '../ids.js';
import { preflightCheckSchema } from './preflight.js';
import { cleanText, nullableTime, pageFields, pageQuery, timeSchema } from './common.js';
import { workloadNames } from './tenants.js';
import { businessHoursSchema } from './throttling.js';

export const jobStatuses = ['QUEUED', 'RUNNING', 'PAUSED', 'DONE', 'ERROR'] as const;
export type JobStatus = (typeof jobStatuses)[number];
export const jobTypeSchema = z.enum(workloadNames);

export const passModes = ['full', 'delta', 'retry', 'verify'] as const;
export type PassMode = (typeof passModes)[number];
/** What an item's departure from its folder at the source came to, over all passes of a unit or in one pass. */
const departureFields = {
  /** Items that moved at the source, and whose copies were moved after them. */
  movedItems: z.number().default(0),
  /** Items that are not at the source any more. */
  deletedItems: z.number().default(0),
  /** Copies that were removed: of moved items where they were before, and of deleted ones when the job asks for it. */
  removedItems: z.number().default(0),
};

const count = z.number().int();
/** Counts over what a verify pass has compared so far. */
export const verificationSummarySchema = z.object({
  /** Null while the pass runs. `incomplete`: some unit could not be verified. What could not be compared alone leaves it `clean`. */
  outcome: z.enum(['clean', 'differences', 'incomplete']).nullable(),
  units: count,
  unitsVerified: count,
  unitsFailed: count,
  /** Items read so far, of both sides. */
  itemsRead: count,
  sourceItems: count,
  matched: count,
  missing: count,
  extra: count,
  differs: count,
  notComparable: count,
}).meta({ id: 'VerificationSummary', description: 'What a verify pass found, in numbers.' });
export type VerificationSummary = z.infer<typeof verificationSummarySchema>;

export const passSchema = z.object({
  id: idSchema('pas'),
  mode: z.enum(passModes),
  status: z.enum(['QUEUED', 'RUNNING', 'DONE', 'ERROR']),
  createdAt: timeSchema,
  startedAt: nullableTime,
  completedAt: nullableTime,
  ...departureFields,
  /** Of a verify pass what it found; null for other modes. */
  verification: verificationSummarySchema.nullable(),
}).meta({ id: 'Pass', description: 'One sweep of a job.' });
export type Pass = z.infer<typeof passSchema>;

/** What the EMAIL workload copies. `email` cannot be false. */
export const emailScopeSchema = z.strictObject({
  email: z.literal(true, 'email cannot be false').default(true),
  calendar: z.boolean().default(true),
  contacts: z.boolean().default(true),
  tasks: z.boolean().default(true),
});
export type EmailScope = z.infer<typeof emailScopeSchema>;

const copied = z.boolean().default(true);
export const sharepointScopeSchema = z.strictObject({ files: copied, lists: copied, pages: copied, permissions: copied, versions: copied });
export const onedriveScopeSchema = z.strictObject({ files: copied, permissions: copied, versions: copied });
export const teamsScopeSchema = z.strictObject({ channels: copied, chat: copied, members: copied, files: copied, tabs: copied });
/** The scope of a job, by workload: a missing key means true, an unknown one is an error. */
export const scopeSchemas = { EMAIL: emailScopeSchema, SHAREPOINT: sharepointScopeSchema, ONEDRIVE: onedriveScopeSchema, TEAMS: teamsScopeSchema } as const;

export const filtersSchema = z.strictObject({
  since: timeSchema.optional(),
  until: timeSchema.optional(),
  /** Only these folders and what lies below them; paths as people see them, such as `Inbox/Projects`. Case does not count. */
  includeFolders: z.array(cleanText(400)).min(1).max(1000).optional(),
  /** Not these folders nor what lies below them; stands over `includeFolders`. */
  excludeFolders: z.array(cleanText(400)).max(1000).optional(),
  maxItemBytes: z.number().int().positive().max(Number.MAX_SAFE_INTEGER).optional(),
});
export type Filters = z.infer<typeof filtersSchema>;

/** Copies of items that are deleted at the source: `keep` (the default) leaves them; `apply` removes those that we made and that nobody has touched since. */
export const deletionsSchema = z.enum(['keep', 'apply']);

/** Segments of a path as people write it: a slash or backslash that belongs to a name stands behind a backslash. Slashes at the ends do not count. */
export const pathSegments = (path: string): string[] => [...path.matchAll(/(?:\\.|[^/\\])+/g)].map(([segment]) => segment.replace(/\\(.)/g, '$1'));

/** A folder of the destination below which everything is put, such as `Migrated/contoso`. */
const destFolderPrefix = cleanText(400)
  .refine((path) => pathSegments(path).length > 0 && pathSegments(path).length <= 10, 'must name one to ten folders, such as Migrated/contoso')
  .refine((path) => pathSegments(path).every((name) => name.trim() !== '' && name.length <= 255), 'a folder name has 1 to 255 characters');

const sourceName = cleanText(400);
export const emailOptionsSchema = z.strictObject({
  mailboxes: z.array(sourceName).min(1).max(100_000).optional(),
  mailboxMappings: z.array(z.strictObject({ source: sourceName, dest: sourceName })).max(100_000).optional(),
  merge: z.boolean().optional(),
  deletions: deletionsSchema.optional(),
  destFolderPrefix: destFolderPrefix.optional(),
  filters: filtersSchema.optional(),
  businessHours: businessHoursSchema.optional(),
});
export type EmailOptions = z.infer<typeof emailOptionsSchema>;

const sources = z.array(sourceName).min(1).max(100_000).optional();
const sourceMappings = z.array(z.strictObject({ source: sourceName, dest: sourceName })).max(100_000).optional();
const everyWorkload = { merge: z.boolean().optional(), deletions: deletionsSchema.optional(), filters: filtersSchema.optional(), businessHours: businessHoursSchema.optional() };
/** Of each file so many versions, the newest ones, the current one counted. Without it all of them, while the scope has `versions`. */
const versionsMax = z.number().int().min(1).max(50_000).optional();
/** The options of a job, by workload. A source may be a UPN, a URL, a name or a discovered id. */
export const optionsSchemas = {
  EMAIL: emailOptionsSchema,
  SHAREPOINT: z.strictObject({ sites: sources, siteMappings: sourceMappings, createSites: z.boolean().optional(), versionsMax, ...everyWorkload }),
  ONEDRIVE: z.strictObject({ users: sources, userMappings: sourceMappings, versionsMax, ...everyWorkload }),
  TEAMS: z.strictObject({ teams: sources, teamMappings: sourceMappings, users: sources, userMappings: sourceMappings, ...everyWorkload }),
} as const;

/**
 * How long something will still take: an honest pair of bounds, not a single number. `basis` says what the pace is taken from: the
 * published limits and what is known of Graph (`limits`), earlier passes between the same tenants (`earlier`), or this pass (`measured`).
 * Business hours of the job and of its tenants are counted in.
 */
export const estimateSchema = z.object({
  lowSeconds: z.number().int().min(0),
  highSeconds: z.number().int().min(0),
  /** When that would be; null while nothing moves (the job is paused or its workers are draining). A scheduled job counts from its time. */
  earliestEnd: nullableTime,
  latestEnd: nullableTime,
  basis: z.enum(['limits', 'earlier', 'measured']),
}).meta({ id: 'Estimate', description: 'How long something will still take, as a low and a high bound.' });
export type Estimate = z.infer<typeof estimateSchema>;

/** What a dry run found: what a real run would do, and what stands in its way. */
export const dryRunResultSchema = z.object({
  /** Items that would be copied or brought up to date, their bytes, and what would be left out or is known to fail. */
  wouldCopy: z.object({ items: z.number(), bytes: z.number() }),
  wouldSkip: z.number(),
  wouldFail: z.number(),
  /** Why, by cause, most frequent first. Each item stands in `GET /v1/jobs/{id}/items`. */
  causes: z.array(z.object({ code: z.string(), status: z.enum(['failed', 'skipped']), cause: z.string(), remedy: z.string(), items: z.number() })),
  /** What matching found when the job was created: unmatched sources, shared destinations, destinations without mailbox or licence, sizes against quotas. */
  mapping: z.array(preflightCheckSchema),
  /** How long the real run would take from here, by what is known exactly now; null without workers. */
  realRun: estimateSchema.nullable(),
}).meta({ id: 'DryRunResult', description: 'What a dry run found.' });
export type DryRunResult = z.infer<typeof dryRunResultSchema>;

export const jobSchema = z.object({
  id: idSchema('job'),
  type: jobTypeSchema,
  status: z.enum(jobStatuses),
  sourceTenantId: idSchema('ten'),
  destTenantId: idSchema('ten'),
  scope: z.record(z.string(), z.boolean()),
  totalItems: z.number(),
  doneItems: z.number(),
  errorItems: z.number(),
  skippedItems: z.number(),
  bytesTransferred: z.number(),
  dryRun: z.boolean(),
  createdAt: timeSchema,
  startedAt: nullableTime,
  completedAt: nullableTime,
  name: z.string().nullable(),
  scheduledAt: nullableTime,
  options: z.record(z.string(), z.unknown()),
  draining: z.boolean(),
  outcome: z.enum(['clean', 'with_errors', 'with_skips']).nullable(),
  /** Why the job stopped, when its status is ERROR; otherwise null. */
  failure: z.object({ code: z.string(), cause: z.string(), remedy: z.string() }).nullable(),
  passes: z.array(passSchema),
  /** Of one job alone (not in lists): how long its current pass will still take. Null when it has ended or nothing can be said. */
  estimate: estimateSchema.nullable().optional(),
  /** Of one job alone: what a dry run found, once it has ended; null for every other job. */
  dryRunResult: dryRunResultSchema.nullable().optional(),
}).meta({ id: 'Job', description: 'One workload between two tenants.' });
export type Job = z.infer<typeof jobSchema>;

const shared = {
  sourceTenantId: idSchema('ten'),
  destTenantId: idSchema('ten'),
  scope: z.record(z.string(), z.unknown()).optional(),
  options: z.record(z.string(), z.unknown()).optional(),
  scheduledAt: timeSchema.optional(),
  dryRun: z.boolean().default(false),
  name: cleanText(200).optional(),
  /** Refuse with 422 when a preflight check fails. */
  enforcePreflight: z.boolean().default(false),
};
export const jobTypeInput = z.enum([...workloadNames, 'TEAMS_CHANNELS', 'TEAMS_CHAT']);
/** `scope` and `options` are parsed further by type (scopeSchemas, optionsSchemas). */
export const createJobBody = z.strictObject({ ...shared, type: jobTypeInput });
export type CreateJobBody = z.output<typeof createJobBody>;
export const createBatchBody = z.strictObject({
  ...shared,
  type: jobTypeInput,
  batches: z.array(z.strictObject({ name: cleanText(200).optional(), scheduledAt: timeSchema.optional(), options: z.record(z.string(), z.unknown()).optional() })).min(1).max(500),
});
export const jobAnswer = z.object({ job: jobSchema });
export const createBatchAnswer = z.object({ jobIds: z.array(idSchema('job')) });

export const listJobsQuery = pageQuery(20, 100).extend({ status: z.enum(jobStatuses).optional(), type: jobTypeSchema.optional() });
export const listJobsAnswer = z.object({ jobs: z.array(jobSchema), ...pageFields });
export const pauseJobAnswer = z.object({ status: z.literal('PAUSED') });
export const resumeJobAnswer = z.object({ status: z.literal('QUEUED') });

export const createPassBody = z.strictObject({ mode: z.enum(['delta', 'retry', 'verify']) });
export const passAnswer = z.object({ pass: passSchema });
export const listPassesAnswer = z.object({ passes: z.array(passSchema) });

export const unitStatuses = ['PENDING', 'RUNNING', 'PAUSED', 'DONE', 'ERROR', 'SKIPPED'] as const;
export type UnitStatus = (typeof unitStatuses)[number];
export const mailboxSchema = z.object({
  id: idSchema('mbp'),
  email: z.string(),
  destEmail: z.string().nullable(),
  status: z.enum(unitStatuses),
  totalItems: z.number(),
  doneItems: z.number(),
  errorItems: z.number(),
  sizeBytes: z.number().nullable(),
  startedAt: nullableTime,
  completedAt: nullableTime,
  skippedItems: z.number(),
  ...departureFields,
}).meta({ id: 'Mailbox', description: 'The progress of one mailbox of an EMAIL job.' });
export const listMailboxesQuery = pageQuery(50, 500).extend({ status: z.enum(unitStatuses).optional() });
export const listMailboxesAnswer = z.object({ mailboxes: z.array(mailboxSchema), ...pageFields });

export const unitSchema = z.object({
  id: idSchema('unt'),
  source: z.string(),
  dest: z.string().nullable(),
  status: z.enum(unitStatuses),
  totalItems: z.number(),
  doneItems: z.number(),
  errorItems: z.number(),
  skippedItems: z.number(),
  bytesTransferred: z.number(),
  failure: z.object({ code: z.string(), cause: z.string(), remedy: z.string() }).nullable(),
  startedAt: nullableTime,
  completedAt: nullableTime,
  /** How long until this unit is done, waiting for its turn included. Null when it has ended or nothing can be said. */
  estimate: estimateSchema.nullable().optional(),
  ...departureFields,
}).meta({ id: 'Unit', description: 'What one worker moves at a time.' });
export type Unit = z.infer<typeof unitSchema>;
export const listUnitsAnswer = z.object({ units: z.array(unitSchema), ...pageFields });

/** Items that did not simply arrive: failed and skipped ones. Carries no content: class, container path, Graph's own words and ids. */
export const itemSchema = z.object({
  id: idSchema('itm'),
  unitId: idSchema('unt'),
  source: z.string(),
  container: z.string(),
  kind: z.string(),
  sourceItemId: z.string(),
  status: z.enum(['failed', 'skipped']),
  code: z.string(),
  cause: z.string(),
  remedy: z.string(),
  /** What Graph said: its error code and request id; null when Graph was not the one to refuse. */
  graphCode: z.string().nullable(),
  requestId: z.string().nullable(),
  at: timeSchema,
}).meta({ id: 'Item', description: 'An item that failed or was skipped.' });
export type Item = z.infer<typeof itemSchema>;
export const listItemsQuery = pageQuery(50, 500).extend({ status: z.enum(['failed', 'skipped']).optional() });
export const listItemsAnswer = z.object({ items: z.array(itemSchema), ...pageFields });
