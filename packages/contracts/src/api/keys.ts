/** API keys: shown once, stored as a keyed hash. */
import { z } from 'zod';
import { idSchema } from '../ids.js';
import { cleanText, nullableTime, pageFields, timeSchema } from './common.js';

export const apiKeyScopes = ['read', 'write', 'admin'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];
/** `tmk_live_` and 32 or more base62 characters. */
export const apiKeyPattern = /^tmk_live_[0-9A-Za-z]{32,128}$/;
export const apiKeyScopeSchema = z.enum(apiKeyScopes);

export const apiKeySchema = z
  .object({
    id: idSchema('key'),
    name: z.string(),
    /** The last four characters of the key. */
    last4: z.string(),
    scopes: z.array(apiKeyScopeSchema),
    createdAt: timeSchema,
    /** `user:<id>`, `key:<id>` or `operator` (made on the command line). */
    createdBy: z.string(),
    expiresAt: nullableTime,
    /** To the minute. */
    lastUsedAt: nullableTime,
    revokedAt: nullableTime,
  })
  .meta({ id: 'ApiKey', description: 'A key without its secret part.' });
export const createApiKeyBody = z.strictObject({
  name: cleanText(120),
  scopes: z
    .array(apiKeyScopeSchema)
    .min(1)
    .max(3)
    .transform((scopes) => apiKeyScopes.filter((scope) => scopes.includes(scope))),
  expiresAt: timeSchema.optional(),
});
/** `key` is shown once. */
export const createApiKeyAnswer = z.object({ apiKey: apiKeySchema, key: z.string() });
export const listApiKeysAnswer = z.object({ apiKeys: z.array(apiKeySchema), ...pageFields });
export const apiKeyAnswer = z.object({ apiKey: apiKeySchema });
