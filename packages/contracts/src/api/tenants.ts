/** Public calls on tenants (the connected Microsoft 365 organisations). */
import { z } from 'zod';
import { idSchema } from '../ids.js';
import { cleanText, nullableTime, optionalPageFields, timeSchema } from './common.js';

export const workloadNames = ['EMAIL', 'SHAREPOINT', 'ONEDRIVE', 'TEAMS'] as const;
export type WorkloadName = (typeof workloadNames)[number];
/** Those that this release can run: migration-worker has them, and job-service takes jobs of them. Both read it here. */
export const builtWorkloads: readonly WorkloadName[] = ['EMAIL', 'ONEDRIVE', 'SHAREPOINT'];

export const tenantRoleSchema = z.enum(['source', 'destination']);
export type TenantRole = z.infer<typeof tenantRoleSchema>;

export const tenantSchema = z.object({
  id: idSchema('ten'),
  domain: z.string(),
  type: z.literal('M365'),
  role: tenantRoleSchema,
  mailboxCount: z.number().nullable(),
  siteCount: z.number().nullable(),
  totalSizeBytes: z.number().nullable(),
  sharepointQuotaBytes: z.number().nullable(),
  sharepointUsedBytes: z.number().nullable(),
  onedriveQuotaPerUserBytes: z.number().nullable(),
  workloads: z.array(z.enum(workloadNames)),
  discoveredAt: nullableTime,
  connectedAt: timeSchema,
}).meta({ id: 'Tenant', description: 'One connected Microsoft 365 organisation. Numbers are null until discovered.' });
export type Tenant = z.infer<typeof tenantSchema>;

const domainSchema = cleanText(253)
  .transform((domain) => domain.toLowerCase())
  .refine((domain) => /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/.test(domain), 'must be a domain name such as contoso.com');

export const connectTenantBody = z
  .strictObject({
    domain: domainSchema,
    role: z.enum(['source', 'destination', 'dest', 'target']).transform((role): TenantRole => (role === 'source' ? 'source' : 'destination')),
    tenantId: z.guid().optional(),
    clientId: z.guid().optional(),
    clientSecret: z.string().min(1).max(512).optional(),
    certificate: z.strictObject({ privateKey: z.string().min(1).max(20_000), thumbprintSha256: z.string().regex(/^[0-9A-Fa-f]{64}$/) }).optional(),
  })
  .superRefine((body, context) => {
    const own = [body.tenantId, body.clientId, body.clientSecret ?? body.certificate];
    if (own.some((part) => part !== undefined) && own.some((part) => part === undefined))
      context.addIssue({ code: 'custom', path: ['clientId'], message: 'an app registration of your own needs tenantId, clientId and clientSecret or certificate together' });
    if (body.clientSecret !== undefined && body.certificate !== undefined) context.addIssue({ code: 'custom', path: ['certificate'], message: 'give clientSecret or certificate, not both' });
  });
export type ConnectTenantBody = z.output<typeof connectTenantBody>;

/** With an own app registration the tenant is connected at once and `tenant` is set; otherwise send the administrator to `authUrl`. */
export const connectTenantAnswer = z.object({ authUrl: z.string(), state: z.string(), tenant: tenantSchema.optional() });

/** What the callback says to a program; a browser gets a page. */
export const tenantCallbackAnswer = z.object({ connected: z.literal(true), message: z.string() });

export const listTenantsAnswer = z.object({ tenants: z.array(tenantSchema), ...optionalPageFields });
export const getTenantAnswer = z.object({ tenant: tenantSchema });

export const discoveryStatusSchema = z.enum(['QUEUED', 'RUNNING', 'DONE', 'ERROR']);
export const latestDiscoverySchema = z.object({ id: idSchema('dis'), status: discoveryStatusSchema, completedAt: nullableTime }).nullable();

export const discoveredUserSchema = z.object({ id: idSchema('dbu'), tenantId: idSchema('ten'), upn: z.string(), displayName: z.string(), sourceSizeBytes: z.number().nullable() });
export type DiscoveredUser = z.infer<typeof discoveredUserSchema>;
export const listUsersAnswer = z.object({ users: z.array(discoveredUserSchema), latestJob: latestDiscoverySchema, ...optionalPageFields });

export const discoveredSiteSchema = z.object({ id: idSchema('dbs'), tenantId: idSchema('ten'), siteId: z.string(), name: z.string(), url: z.string(), sizeBytes: z.string().regex(/^\d+$/) });
export const listSitesAnswer = z.object({ sites: z.array(discoveredSiteSchema), latestJob: latestDiscoverySchema, ...optionalPageFields });

export const discoveredTeamSchema = z.object({ id: idSchema('dbt'), tenantId: idSchema('ten'), teamId: z.string(), name: z.string(), description: z.string().nullable(), memberCount: z.number() });
export const listTeamsAnswer = z.object({ teams: z.array(discoveredTeamSchema), latestJob: latestDiscoverySchema, ...optionalPageFields });

export const discoverAnswer = z.object({ job: z.object({ id: idSchema('dis'), status: discoveryStatusSchema }) });
