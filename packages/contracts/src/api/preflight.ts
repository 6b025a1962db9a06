/** What stands in the way of a job, before it is created. */
import { z } from 'zod';

export const preflightLevels = ['pass', 'warn', 'fail'] as const;
export const preflightCheckIds = [
  'roles-source', 'roles-destination', 'discovery-fresh', 'unmatched-sources', 'shared-destinations', 'destination-users-licensed', 'mailbox-quota', 'sharepoint-quota', 'onedrive-quota',
  'drives-provisioned', 'site-size', 'refused-names', 'discovery-whole', 'sites-not-creatable', 'path-length', 'identities-unresolved', 'sharing-policy',
] as const;
export type PreflightCheckId = (typeof preflightCheckIds)[number];

/** At most this many affected objects are listed; `affectedTotal` counts them all. */
export const affectedMax = 1_000;
export const preflightCheckSchema = z
  .object({
    id: z.enum(preflightCheckIds),
    level: z.enum(preflightLevels),
    title: z.string(),
    detail: z.string(),
    /** What to do; empty when there is nothing to do. */
    remedy: z.string(),
    affected: z.array(z.object({ id: z.string().nullable(), name: z.string(), detail: z.string() })),
    affectedTotal: z.number().int(),
  })
  .meta({ id: 'PreflightCheck', description: 'One thing that was checked before a migration.' });
export type PreflightCheck = z.infer<typeof preflightCheckSchema>;
/** Only the checks that concern the type of the job are there. */
export const preflightAnswer = z.object({ checks: z.array(preflightCheckSchema), level: z.enum(preflightLevels) });
