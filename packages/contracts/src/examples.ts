/** Example values for the API reference; a test parses each of them by its schema. */
export const exampleIds = {
  org: 'org_01JA2B3C4D5E6F7G8H9JKMNPQR', ten: 'ten_01JA2B3C4D5E6F7G8H9JKMNPQS', tenDest: 'ten_01JA2B3C4D5E6F7G8H9JKMNPQT', dis: 'dis_01JA2B3C4D5E6F7G8H9JKMNPQV', dbu: 'dbu_01JA2B3C4D5E6F7G8H9JKMNPQW',
  dbs: 'dbs_01JA2B3C4D5E6F7G8H9JKMNPQX', dbt: 'dbt_01JA2B3C4D5E6F7G8H9JKMNPQY', job: 'job_01JA2B3C4D5E6F7G8H9JKMNPQZ', pas: 'pas_01JA2B3C4D5E6F7G8H9JKMNPR0', mbp: 'mbp_01JA2B3C4D5E6F7G8H9JKMNPR1',
  unt: 'unt_01JA2B3C4D5E6F7G8H9JKMNPR1', itm: 'itm_01JA2B3C4D5E6F7G8H9JKMNPR2', dev: 'dev_01JA2B3C4D5E6F7G8H9JKMNPR3', cmd: 'cmd_01JA2B3C4D5E6F7G8H9JKMNPR4', key: 'key_01JA2B3C4D5E6F7G8H9JKMNPR5',
  usr: 'usr_01JA2B3C4D5E6F7G8H9JKMNPR6', inv: 'inv_01JA2B3C4D5E6F7G8H9JKMNPR7', aud: 'aud_01JA2B3C4D5E6F7G8H9JKMNPR8',
} as const;
const at = '2026-03-14T09:26:53.000Z';
export const exampleTime = at;

export const exampleTenant = {
  id: exampleIds.ten, domain: 'contoso.com', type: 'M365', role: 'source', mailboxCount: 412, siteCount: 37, totalSizeBytes: 1_649_267_441_664, sharepointQuotaBytes: 27_487_790_694_400, sharepointUsedBytes: 5_497_558_138_880,
  onedriveQuotaPerUserBytes: 1_099_511_627_776, workloads: ['EMAIL', 'SHAREPOINT', 'ONEDRIVE', 'TEAMS'], discoveredAt: at, connectedAt: at,
};
export const exampleThrottling = {
  shared: true,
  businessHours: { timeZone: 'Europe/Berlin', days: ['MON', 'TUE', 'WED', 'THU', 'FRI'], from: '07:30', to: '18:00', share: 0.3 },
  budgets: [
    {
      service: 'outlook', resource: '8f1c6b7e-2f0d-4b52-9f6b-0d6d1f0a3c22',
      limits: [
        { name: 'outlook.requests', measure: 'requests', max: 10_000, windowSeconds: 600, used: 9_640, reserved: 82 },
        { name: 'outlook.bytes', measure: 'bytes', max: 157_286_400, windowSeconds: 300, used: 41_943_040, reserved: 1_048_576 },
      ],
      inFlight: { max: 4, allowed: 4, now: 3 }, plannedShare: 1, pausedUntil: null, workers: 2, lately: { requests: 14_310, refused: 0, waitedSeconds: { EMAIL: 318.4 } },
    },
  ],
};
export const exampleDiscovery = { id: exampleIds.dis, status: 'DONE', completedAt: at };
export const examplePass = { id: exampleIds.pas, mode: 'full', status: 'RUNNING', createdAt: at, startedAt: at, completedAt: null, verification: null, movedItems: 0, deletedItems: 0, removedItems: 0 };
export const exampleJob = {
  id: exampleIds.job, type: 'EMAIL', status: 'RUNNING', sourceTenantId: exampleIds.ten, destTenantId: exampleIds.tenDest, scope: { email: true, calendar: true, contacts: true, tasks: true },
  totalItems: 48_210, doneItems: 31_007, errorItems: 2, skippedItems: 11, bytesTransferred: 9_663_676_416, dryRun: false, createdAt: at, startedAt: at, completedAt: null,
  name: 'Wave 1', scheduledAt: null, options: { mailboxes: ['ada@contoso.com'] }, draining: false, outcome: null, failure: null, passes: [examplePass],
};
export const exampleNewJob = { sourceTenantId: exampleIds.ten, destTenantId: exampleIds.tenDest, type: 'EMAIL', name: 'Wave 1', options: { mailboxes: ['ada@contoso.com'] } };
export const exampleEstimate = { lowSeconds: 2_700, highSeconds: 3_900, earliestEnd: '2026-03-14T10:11:53.000Z', latestEnd: '2026-03-14T10:31:53.000Z', basis: 'measured' };
export const exampleUnit = {
  id: exampleIds.unt, source: 'ada@contoso.com', dest: 'ada@fabrikam.com', status: 'DONE', totalItems: 4_212, doneItems: 4_210, errorItems: 1, skippedItems: 1, bytesTransferred: 1_288_490_188, failure: null, startedAt: at, completedAt: at, estimate: null, movedItems: 12, deletedItems: 3, removedItems: 12,
};
export const exampleMailbox = { id: exampleIds.mbp, email: 'ada@contoso.com', destEmail: 'ada@fabrikam.com', status: 'DONE', totalItems: 4_212, doneItems: 4_210, errorItems: 1, skippedItems: 1, sizeBytes: 1_288_490_188, startedAt: at, completedAt: at, movedItems: 12, deletedItems: 3, removedItems: 12 };
export const exampleItem = {
  id: exampleIds.itm, unitId: exampleIds.unt, source: 'ada@contoso.com', container: 'Inbox/Projects', kind: 'message', sourceItemId: 'AAMkAGUx', status: 'failed', code: 'DEST_ITEM_TOO_LARGE',
  cause: 'The item is larger than the destination mailbox accepts.', remedy: 'Raise the message size limit of the destination mailbox (at most 150 MB), then run a retry pass.', graphCode: 'ErrorMessageSizeExceeded', requestId: 'b7f1c2a4-9d1a-4a52-8a6b-0d6d1f0a3c11', at,
};
const exampleCounts = { sourceItems: 4_212, sourceBytes: 1_288_490_188, destItems: 4_240, destBytes: 1_290_011_402, ownItems: 28, leftOut: 0, matched: 4_211, missing: 1, extra: 0, differs: 0, notComparable: 3 };
export const exampleLinks = {
  jobId: exampleIds.job,
  links: [{ unitId: exampleIds.unt, source: 'ada@contoso.com', dest: 'ada@fabrikam.com', path: 'Plans/Budget.xlsx', type: 'view', scope: 'organization', from: 'https://contoso-my.sharepoint.com/:x:/g/personal/ada/EaB', to: 'https://fabrikam-my.sharepoint.com/:x:/g/personal/ada/EcD', at }],
  unreadable: 0,
};
export const exampleReport = {
  jobId: exampleIds.job,
  pass: {
    ...examplePass, mode: 'verify', status: 'DONE', completedAt: at,
    verification: { outcome: 'differences', units: 1, unitsVerified: 1, unitsFailed: 0, itemsRead: 8_452, sourceItems: 4_212, matched: 4_211, missing: 1, extra: 0, differs: 0, notComparable: 3 },
  },
  units: [{ ...exampleCounts, unitId: exampleIds.unt, source: 'ada@contoso.com', dest: 'ada@fabrikam.com', status: 'VERIFIED', failure: null, containers: [{ ...exampleCounts, path: 'Inbox/Projects', destPath: 'Inbox/Projects', kind: 'IPF.Note' }] }],
  differences: [
    {
      unitId: exampleIds.unt, source: 'ada@contoso.com', container: 'Inbox/Projects', kind: 'IPM.Note', class: 'missing', code: 'VERIFY_NOT_YET_COPIED',
      cause: 'It came to the source after the last pass, or no pass has reached it.', remedy: 'Run a delta pass, then verify again.', because: null, fields: [], sourceItemId: 'AAMkAGUx', destItemId: null, foundIn: null,
    },
  ],
};
export const exampleDevice = { id: exampleIds.dev, hostname: 'LT-0042', ipAddress: '10.1.4.42', domain: 'contoso.local', status: 'ONLINE', lastSeenAt: at, agentVersion: '1.4.0', createdAt: at };
export const exampleSecret = 'b64url_of_32_random_bytes_shown_only_once__';
export const exampleKey = { id: exampleIds.key, name: 'Nightly report', last4: 'x7Qd', scopes: ['read'], createdAt: at, createdBy: `user:${exampleIds.usr}`, expiresAt: null, lastUsedAt: at, revokedAt: null };
export const exampleOrganisation = { id: exampleIds.org, name: 'Northwind IT', plan: 'pro', rateLimitPerMinute: 1_000, createdAt: at };
export const exampleMember = { id: exampleIds.usr, email: 'grace@northwind.example', name: 'Grace Hopper', role: 'owner', createdAt: at, lastSeenAt: at };
export const exampleInvitation = { id: exampleIds.inv, email: 'linus@northwind.example', role: 'operator', createdAt: at, expiresAt: '2026-03-21T09:26:53.000Z', invitedBy: exampleIds.usr };
export const exampleSession = { user: { id: exampleIds.usr, email: exampleMember.email, name: exampleMember.name, role: 'owner' }, organisation: exampleOrganisation, expiresAt: '2026-03-21T09:26:53.000Z' };
