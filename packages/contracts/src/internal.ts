/** Calls between services, under `/internal`; every one carries the signed internal identity of a service. */
import { z } from 'zod';
import { checkInAnswer, checkInBody } from './api/devices.js';
import { deletionsSchema, filtersSchema, passModes, unitStatuses, jobStatuses } from './api/jobs.js';
import { logLineSchema } from './api/logs.js';
import { businessHoursSchema } from './api/throttling.js';
import { tenantRoleSchema, workloadNames } from './api/tenants.js';
import { departureCountsSchema, unitCountersSchema, unitFailureCodes } from './events.js';
import { errorBodySchema } from './errors.js';
import { idSchema } from './ids.js';

// ---- tenant-service ----

/** GET /internal/orgs/{org}/tenants/{id}: 404 TENANT_NOT_FOUND when unknown, of another organisation, or disconnected. */
export const internalTenantSchema = z.object({
  id: idSchema('ten'),
  orgId: idSchema('org'),
  domain: z.string(),
  role: tenantRoleSchema,
  /** Microsoft's tenant id (GUID). */
  microsoftTenantId: z.string(),
  grantedRoles: z.array(z.string()),
  discoveredAt: z.string().nullable(),
  /** What the last discovery found of the tenant's storage, bytes; null when not discovered or not knowable. */
  sharepointQuotaBytes: z.number().nullable().default(null),
  sharepointUsedBytes: z.number().nullable().default(null),
  onedriveQuotaPerUserBytes: z.number().nullable().default(null),
  /** With whom its people may share outside, as Graph's sharepointSettings has it; null when not shown. */
  sharingCapability: z.string().nullable().default(null),
  /** What the last finished discovery could not look at, and why. */
  skippedParts: z.array(z.object({ part: z.string(), reason: z.string() })).default([]),
  /** When less of its limits may be used. */
  businessHours: businessHoursSchema.nullable().default(null),
});
export type InternalTenant = z.infer<typeof internalTenantSchema>;

/** GET /internal/orgs/{org}/tenants/{id}/users?cursor=: pages of up to 1,000 of the last finished discovery. */
export const internalUserSchema = z.object({
  id: idSchema('dbu'),
  /** Microsoft's object id. */
  microsoftId: z.string(),
  upn: z.string(),
  mail: z.string().nullable(),
  displayName: z.string(),
  kind: z.enum(['user', 'shared', 'room', 'equipment']),
  hasMailbox: z.boolean(),
  sizeBytes: z.number().nullable(),
  itemCount: z.number().nullable(),
  accountEnabled: z.boolean().nullable().default(null),
  /** Whether an assigned licence brings a mailbox, respectively OneDrive (service plans, shared/graph/platform.md); null when not discovered. */
  mailboxLicensed: z.boolean().nullable().default(null),
  driveLicensed: z.boolean().nullable().default(null),
  /** What the mailbox may hold at most, bytes; null when the usage report does not say. */
  mailboxQuotaBytes: z.number().nullable().default(null),
  /** The user's OneDrive: null while discovery has not looked; `missing` when it was never provisioned. */
  drive: z
    .discriminatedUnion('state', [
      z.object({ state: z.literal('provisioned'), driveId: z.string(), usedBytes: z.number().nullable(), quotaBytes: z.number().nullable(), fileCount: z.number().nullable().default(null) }),
      z.object({ state: z.literal('missing') }),
    ])
    .nullable()
    .default(null),
});
export type InternalUser = z.infer<typeof internalUserSchema>;
export const internalUsersAnswer = z.object({ users: z.array(internalUserSchema), nextCursor: z.string().nullable() });

/** GET /internal/orgs/{org}/tenants/{id}/sites?cursor=: as for users. */
export const internalSiteSchema = z.object({
  id: idSchema('dbs'),
  /** Microsoft's composite site id (`host,collection,web`). */
  microsoftId: z.string(),
  name: z.string(),
  url: z.string(),
  sizeBytes: z.number().nullable(),
  /** As the usage report says: files in it, and what its root was made from (`Group`, `Communication Site`, `STS#3`). */
  fileCount: z.number().nullable().default(null),
  template: z.string().nullable().default(null),
});
export type InternalSite = z.infer<typeof internalSiteSchema>;
export const internalSitesAnswer = z.object({ sites: z.array(internalSiteSchema), nextCursor: z.string().nullable() });

/** GET /internal/orgs/{org}/tenants/{id}/teams?cursor=: as for users. */
export const internalTeamSchema = z.object({
  id: idSchema('dbt'),
  /** Microsoft's id of the team and its group. */
  microsoftId: z.string(),
  name: z.string(),
  mailNickname: z.string().nullable(),
  memberCount: z.number().nullable(),
});
export type InternalTeam = z.infer<typeof internalTeamSchema>;
export const internalTeamsAnswer = z.object({ teams: z.array(internalTeamSchema), nextCursor: z.string().nullable() });

/** GET /internal/orgs/{org}/tenants/{id}/groups?cursor= and /guests?cursor=: who can hold permissions besides the users; as for users. */
export const internalPrincipalSchema = z.object({
  id: idSchema('dbg'),
  /** Microsoft's object id. */
  microsoftId: z.string(),
  name: z.string(),
  /** Of a guest the address in its own organisation. */
  mail: z.string().nullable(),
});
export type InternalPrincipal = z.infer<typeof internalPrincipalSchema>;
export const internalPrincipalsAnswer = z.object({ principals: z.array(internalPrincipalSchema), nextCursor: z.string().nullable() });

/** GET /internal/orgs/{org}/tenants/{id}/credential: for the worker only. Never logged. */
export const tenantCredentialSchema = z.object({
  microsoftTenantId: z.string(),
  clientId: z.string(),
  credential: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('secret'), clientSecret: z.string() }),
    z.object({ kind: z.literal('certificate'), privateKey: z.string(), thumbprintSha256: z.string() }),
  ]),
  /** When less of the tenant's limits may be used. */
  businessHours: businessHoursSchema.nullable().default(null),
});
export type TenantCredential = z.infer<typeof tenantCredentialSchema>;

// ---- job-service, for the gateway ----

/** GET /internal/orgs/{org}/jobs/{id}/logs?after=<seq>&limit=: a page of the log in order, and where the job stands. */
export const internalLogsAnswer = z.object({
  lines: z.array(logLineSchema.extend({ seq: z.number().int() })),
  /** The job's status at the moment of the page, and the seq of the last line there is. */
  status: z.enum(jobStatuses),
  completedAt: z.string().nullable(),
  lastSeq: z.number().int(),
});
export type InternalLogsAnswer = z.infer<typeof internalLogsAnswer>;

// ---- device-service, for the gateway ----

/** Check-ins of one call at most: so many are smaller than the largest body, whatever they hold. */
export const checkInsMax = 250;
/** POST /internal/check-ins: check-ins that arrived at the gateway while others were under way; each is answered as if it had come alone, in the order given. */
export const checkInsBody = z.object({ calls: z.array(z.object({ requestId: z.string(), address: z.string(), body: checkInBody })).min(1).max(checkInsMax) });
export type CheckInCall = z.output<typeof checkInsBody>['calls'][number];
/** The refusal of one of them. */
export const refusedCheckIn = z.object({ code: errorBodySchema.shape.code, message: z.string(), retryAfterSeconds: z.number().int().optional() });
export const checkInsAnswer = z.object({ answers: z.array(z.union([checkInAnswer, refusedCheckIn])) });

// ---- job-service, for tenant-service ----

/** POST /internal/orgs/{org}/tenants/{id}/detach: pauses every running or queued job of the tenant; `draining` names those whose workers are not idle yet. `erased=true`: the tenant is gone, and nothing begins with it any more. */
export const detachTenantQuery = z.object({ erased: z.enum(['true', 'false']).default('false').transform((value) => value === 'true') });
export const detachTenantAnswer = z.object({ paused: z.array(idSchema('job')), draining: z.array(idSchema('job')) });

// ---- job-service, for workers ----

/**
 * POST /internal/workers/announce: a worker says how many units it can work at once, every few seconds; silence for
 * `workerSilentSeconds` means that it is gone. `units: 0` on its way out. Estimates count on these; handing out units does not.
 */
export const announceWorkerBody = z.object({ workerId: z.string().min(1).max(200), units: z.number().int().min(0).max(64) });
export const announceWorkerAnswer = z.object({ announced: z.literal(true) });
export const workerAnnounceSeconds = 5;
export const workerSilentSeconds = 20;

/** What a worker must know to work a unit. */
export const unitWorkSchema = z.object({
  orgId: idSchema('org'),
  jobId: idSchema('job'),
  unitId: idSchema('unt'),
  passId: idSchema('pas'),
  mode: z.enum(passModes),
  workload: z.enum(workloadNames),
  dryRun: z.boolean(),
  sourceTenantId: idSchema('ten'),
  destTenantId: idSchema('ten'),
  /** How Graph addresses both ends (EMAIL and ONEDRIVE: the user's object id; SHAREPOINT: the site's id), and how people name them. */
  source: z.object({ microsoftId: z.string(), address: z.string() }),
  dest: z.object({ microsoftId: z.string(), address: z.string() }),
  /** As the workload's scope schema has it (`scopeSchemas`), every key present. */
  scope: z.record(z.string(), z.boolean()),
  filters: filtersSchema,
  merge: z.boolean(),
  deletions: deletionsSchema.default('keep'),
  /** Folder of the destination below which everything is put; null: everything goes to its own place. */
  destFolderPrefix: z.string().nullable().default(null),
  /** Versions of each file at most, the newest ones, the current one counted; null: all of them. Says nothing where the scope leaves versions out. */
  versionsMax: z.number().int().nullable().default(null),
  /** When the job may use less of Microsoft's limits. */
  businessHours: businessHoursSchema.nullable().default(null),
  /** Counters the unit had when this claim began. */
  counters: unitCountersSchema,
});
export type UnitWork = z.infer<typeof unitWorkSchema>;

/** POST /internal/units/{id}/claim */
export const claimUnitBody = z.object({ workerId: z.string().min(1).max(200), leaseSeconds: z.number().int().min(2).max(600) });
/** `granted: false` means somebody else has it, it is finished, or it should not run now: drop the queue job. `claim` fences later calls. */
export const claimUnitAnswer = z.discriminatedUnion('granted', [z.object({ granted: z.literal(true), claim: z.number().int(), work: unitWorkSchema }), z.object({ granted: z.literal(false), reason: z.string() })]);
export type ClaimUnitAnswer = z.infer<typeof claimUnitAnswer>;

/** Names in one question at most. */
export const identitiesMax = 500;
export const identityKinds = ['user', 'guest', 'group'] as const;
export type IdentityKind = (typeof identityKinds)[number];
/** Somebody who can hold a permission, in one tenant: Microsoft's object id, and how people name them (UPN; of a guest or a group the address, or the name where there is none). */
export const principalSchema = z.object({ microsoftId: z.string(), kind: z.enum(identityKinds), name: z.string() });
export type Principal = z.infer<typeof principalSchema>;
/** `automatic`: by the name before the `@`. `corrected`, `excluded`: by the uploaded mapping. `unmatched`: nobody fits, or no telling who. `unknown`: not in the source tenant's directory. */
export const identityHows = ['automatic', 'corrected', 'excluded', 'unmatched', 'unknown'] as const;

/**
 * POST /internal/units/{id}/identities: who the source's people and groups are at the destination, for permissions and for people in
 * columns. `names` are Microsoft's object ids, or addresses (UPN, mail) where the source gives no id; case does not count. One entry per
 * name, in the order asked. `dest` is null unless it is known: whoever has none is left out and said, never guessed. The answer holds for
 * the unit's pass; a later pass may know more.
 */
export const identitiesBody = z.object({ names: z.array(z.string().min(1).max(400)).min(1).max(identitiesMax) });
export const identitiesAnswer = z.object({ identities: z.array(z.object({ name: z.string(), source: principalSchema.nullable(), dest: principalSchema.nullable(), how: z.enum(identityHows) })) });
export type IdentitiesAnswer = z.infer<typeof identitiesAnswer>;

/** POST /internal/units/{id}/renew: extends the lease and says what should happen. `lost`: the claim is not ours any more; stop at once and write nothing. */
export const renewUnitBody = z.object({ claim: z.number().int(), leaseSeconds: z.number().int().min(2).max(600) });
export const desiredStates = ['run', 'pause', 'cancel', 'lost'] as const;
export const renewUnitAnswer = z.object({ desired: z.enum(desiredStates) });

/**
 * POST /internal/units/{id}/finish: ends the claim. `done`: the pass over this unit is complete. `released`: stopped in order (pause,
 * shutdown), goes on later from its checkpoint. `retry`: a transient failure of the whole unit; tried again later, a limited number of
 * times. `failed`: cannot go on. Idempotent for the same claim. Answers 409 CONFLICT when the claim is not ours any more.
 */
export const finishUnitBody = z.object({
  claim: z.number().int(),
  result: z.enum(['done', 'released', 'retry', 'failed']),
  counters: unitCountersSchema,
  /** Items that have left their containers, over all passes of the unit so far. */
  departures: departureCountsSchema.optional(),
  failure: z.object({ code: z.enum(unitFailureCodes), graphCode: z.string().nullable(), requestId: z.string().nullable(), side: z.enum(['source', 'dest']).nullable() }).nullable(),
});
export type FinishUnitBody = z.infer<typeof finishUnitBody>;
export const finishUnitAnswer = z.object({ status: z.enum(unitStatuses) });
