/** API keys: shown once, stored as a keyed hash. */
import { z } from 'zod';

export const apiKeyScopes = ['read', 'write', 'admin'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];
/** `tmk_live_` and 32 or more base62 characters. */
export const apiKeyPattern = /^tmk_live_[0-9A-Za-z]{32,128}$/;
export const apiKeyScopeSchema = z.enum(apiKeyScopes);
