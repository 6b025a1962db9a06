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
/** Actions, actors and ids are made of these; anything else could match nothing, and some of it the database would refuse. */
const exact = z.string().regex(/^[\w.:-]{1,64}$/, 'must be an action, an actor or an id').optional();
export const listAuditQuery = pageQuery(20, 100).extend({ action: exact, actor: exact, target: exact });
export const listAuditAnswer = z.object({ entries: z.array(auditEntrySchema), ...pageFields });
