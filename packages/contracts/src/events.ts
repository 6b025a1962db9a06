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
import { itemFailures, skipCauses, unitFailures, type ItemFailure, type SkipCause, type UnitFailure } from './outcomes.js';

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

/** One item that failed or was skipped. `resolved` reports that an earlier failure is gone (a retry succeeded). */
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
});
export type ItemReport = z.infer<typeof itemReportSchema>;

/** Reports by type; the subject is `work.<type>.<jobId>`. */
export const work = {
  log: z.object({ ...unit, level: z.enum(logLevels), message: z.string().max(2000), at }),
  progress: z.object({ ...unit, counters: unitCountersSchema, at }),
  items: z.object({ ...unit, items: z.array(itemReportSchema).min(1).max(500), at }),
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
