/** The audit log: every change, with who, when and from where. */
import { z } from 'zod';
import { idSchema } from '../ids.js';
import { pageFields, pageQuery, timeSchema } from './common.js';

export const auditEntrySchema = z
  .object({
    id: idSchema('aud'),
    at: timeSchema,
    /** `user:<id>`, `key:<id>` or `operator`. */
    actor: z.string(),
    /** The person's address or the key's name at that time. */
    actorName: z.string().nullable(),
    action: z.string(),
    /** Id of what was changed. */
    target: z.string().nullable(),
    /** Where the call came from. */
    address: z.string().nullable(),
    requestId: z.string(),
    /** `done`: the change was made. `unknown`: the answer was lost, so it may have been made. */
    outcome: z.enum(['done', 'unknown']),
  })
  .meta({ id: 'AuditEntry', description: 'One change and who made it.' });
export const listAuditQuery = pageQuery(20, 100).extend({ action: z.string().min(1).max(64).optional(), actor: z.string().min(1).max(64).optional(), target: z.string().min(1).max(64).optional() });
export const listAuditAnswer = z.object({ entries: z.array(auditEntrySchema), ...pageFields });
