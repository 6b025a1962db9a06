/**
 * Facts on JetStream and live copies on core NATS.
 *
 * - `facts` stream: what happened to rows, published by each service's outbox with the event id as message id. Consumers are durable and idempotent.
 * - `work` stream: what workers report (log lines, progress, item outcomes). One ordered reader in job-service stores it, and keeps
 *   the stream sequence it reached in the same transaction, so that each report is stored once.
 * - `live.job.<jobId>` on core NATS: what job-service has just committed, for gateways to fan out. It may be lost: a gateway sees a
 *   gap in `seq` and asks job-service.
 */
import { z } from 'zod';
import { logLevels } from './api/logs.js';
import { jobStatuses, passModes } from './api/jobs.js';
import { idSchema } from './ids.js';
import { differenceCauses, itemFailures, skipCauses, unitFailures, type DifferenceCause, type ItemFailure, type SkipCause, type UnitFailure } from './outcomes.js';

export const streams = { facts: 'facts', work: 'work' } as const;

const at = z.iso.datetime();
const org = { orgId: idSchema('org') };
const job = { ...org, jobId: idSchema('job') };

/** Facts by event type; the subject is `facts.<type>`. */
export const facts = {
  'tenant.connected': z.object({ ...org, tenantId: idSchema('ten'), at }),
  'tenant.disconnected': z.object({ ...org, tenantId: idSchema('ten'), at }),
  'discovery.finished': z.object({ ...org, tenantId: idSchema('ten'), discoveryId: idSchema('dis'), status: z.enum(['DONE', 'ERROR']), at }),
  'job.created': z.object({ ...job, at }),
  'job.status_changed': z.object({ ...job, from: z.enum(jobStatuses), to: z.enum(jobStatuses), at }),
  'job.deleted': z.object({ ...job, at }),
  'device.registered': z.object({ ...org, deviceId: idSchema('dev'), /** The device that this registration replaces, if any. */ replaces: z.array(idSchema('dev')), at }),
  'device.deleted': z.object({ ...org, deviceId: idSchema('dev'), at }),
  'device.command_finished': z.object({ ...org, deviceId: idSchema('dev'), commandId: idSchema('cmd'), status: z.enum(['DONE', 'ERROR', 'CANCELLED']), at }),
  'pass.created': z.object({ ...job, passId: idSchema('pas'), mode: z.enum(passModes), at }),
} as const;
export type FactType = keyof typeof facts;
export type FactPayload<T extends FactType> = z.infer<(typeof facts)[T]>;

/** Absolute numbers of one unit in one job; `done + error + skipped <= total` always. */
export const unitCountersSchema = z.object({ total: z.number().int().min(0), done: z.number().int().min(0), error: z.number().int().min(0), skipped: z.number().int().min(0), bytes: z.number().int().min(0) });
export type UnitCounters = z.infer<typeof unitCountersSchema>;

/** Absolute numbers of one unit: items that moved or were deleted at the source, copies removed, and copies that stay because somebody changed them. */
export const departureCountsSchema = z.object({ moved: z.number().int().min(0), deleted: z.number().int().min(0), removed: z.number().int().min(0), kept: z.number().int().min(0) });
export type DepartureCounts = z.infer<typeof departureCountsSchema>;

const unit = { ...job, unitId: idSchema('unt'), /** The claim this report belongs to; reports of an older claim are ignored. */ claim: z.number().int() };

const outcomeCodes = [...Object.keys(itemFailures), ...Object.keys(skipCauses)] as [ItemFailure | SkipCause, ...(ItemFailure | SkipCause)[]];
export const unitFailureCodes = Object.keys(unitFailures) as [UnitFailure, ...UnitFailure[]];

/** One item that failed or was skipped. `resolved` reports that nothing is wrong with it (any more): a retry succeeded, or there is something else to say of it. */
export const itemReportSchema = z.object({
  /** Stable over passes: hash of unit, container and source item. */
  itemKey: z.string(),
  status: z.enum(['failed', 'skipped', 'resolved']),
  container: z.string(),
  kind: z.string(),
  sourceItemId: z.string(),
  code: z.enum(outcomeCodes).nullable(),
  graphCode: z.string().nullable(),
  requestId: z.string().nullable(),
  /** Addresses of its links, sealed (links.ts), in base64; null: it has none any more; absent: nothing is said of them. */
  sealedLinks: z.string().nullable().optional(),
});
export type ItemReport = z.infer<typeof itemReportSchema>;

const tally = z.number().int().min(0);
/** What a verification counted in one container. `sourceItems` = matched + differs + missing, filtered ones left out. */
export const verifiedCountsSchema = z.object({
  sourceItems: tally,
  sourceBytes: tally,
  /** Everything in the destination's container, its owner's items included. */
  destItems: tally,
  destBytes: tally,
  /** The destination's own items: there before the job, or made by its owner since. No damage. */
  ownItems: tally,
  /** Items that the job's filters leave out. */
  leftOut: tally,
  matched: tally,
  missing: tally,
  extra: tally,
  differs: tally,
  /** Of the matched: those of which something could not be compared. */
  notComparable: tally,
});
export type VerifiedCounts = z.infer<typeof verifiedCountsSchema>;

/** One difference. Carries no content: ids, container paths, class, field names. */
export const differenceSchema = z.object({
  /** Stable for the pass. */
  key: z.string(),
  code: z.enum(Object.keys(differenceCauses) as [DifferenceCause, ...DifferenceCause[]]),
  /** The reason that the job reported, when the code says that there is one. */
  because: z.enum(outcomeCodes).nullable(),
  container: z.string(),
  kind: z.string(),
  fields: z.array(z.string()),
  sourceItemId: z.string().nullable(),
  destItemId: z.string().nullable(),
  /** Container of the destination where the copy is instead. */
  foundIn: z.string().nullable(),
});
export type Difference = z.infer<typeof differenceSchema>;

/** What a verification found, in order; the unit’s `finish` ends it. `begin` takes back whatever an earlier attempt said of the unit. */
export const verificationSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), /** Items read so far, of both sides. */ read: tally }),
  z.object({ kind: z.literal('begin') }),
  z.object({ kind: z.literal('differences'), differences: z.array(differenceSchema).min(1).max(200) }),
  z.object({ kind: z.literal('container'), key: z.string(), path: z.string(), destPath: z.string().nullable(), containerKind: z.string(), counts: verifiedCountsSchema }),
]);
export type VerificationEvent = z.infer<typeof verificationSchema>;

/** Reports by type; the subject is `work.<type>.<jobId>`. */
export const work = {
  log: z.object({ ...unit, level: z.enum(logLevels), message: z.string().max(2000), at }),
  progress: z.object({ ...unit, counters: unitCountersSchema, at }),
  items: z.object({ ...unit, items: z.array(itemReportSchema).min(1).max(500), at }),
  verification: z.object({ ...unit, passId: idSchema('pas'), event: verificationSchema, at }),
} as const;
export type WorkType = keyof typeof work;
export type WorkPayload<T extends WorkType> = z.infer<(typeof work)[T]>;

/** Live copies for gateways. Log lines carry a per-job `seq` without gaps, in commit order. */
export const liveSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('log'), jobId: idSchema('job'), lines: z.array(z.object({ seq: z.number().int(), id: idSchema('log'), level: z.enum(logLevels), message: z.string(), ts: at })) }),
  z.object({ kind: z.literal('done'), jobId: idSchema('job'), /** Last line of the log: the stream ends only after it. */ lastSeq: z.number().int(), status: z.enum(['DONE', 'ERROR', 'CANCELLED']), completedAt: at.nullable() }),
]);
export type LiveMessage = z.infer<typeof liveSchema>;

export const subjects = {
  fact: (type: FactType): string => `facts.${type}`,
  work: (type: WorkType, jobId: string): string => `work.${type}.${jobId}`,
  live: (jobId: string): string => `live.job.${jobId}`,
  liveAll: 'live.job.*',
  /** A key, session, member or organisation changed: gateways forget what they remember of access. Losing it costs the few seconds that they remember. */
  accessChanged: 'access.changed',
  /** Wakes workers to look at their desired state at once; losing it costs only the time until the next lease renewal. */
  control: (jobId: string): string => `control.job.${jobId}`,
  controlAll: 'control.job.*',
} as const;
