/** The signed internal identity that the gateway and the services attach to every internal call. */
import { z } from 'zod';
import { apiKeyScopeSchema } from './api/keys.js';

export const serviceNames = ['api-gateway', 'tenant-service', 'job-service', 'device-service', 'migration-worker'] as const;
export type ServiceName = (typeof serviceNames)[number];

/**
 * Claims of an internal token (JWT, HS256, at most 60 s old). `actor` is `key:<id>`, `user:<id>` or `service:<name>`.
 * A service token without `org` acts for the platform and may call `/internal` routes only.
 */
export const internalIdentitySchema = z.object({
  org: z.string().startsWith('org_').nullable(),
  actor: z.string().min(1),
  role: z.enum(['owner', 'admin', 'operator', 'viewer', 'service']),
  scopes: z.array(apiKeyScopeSchema),
  requestId: z.string(),
});
export type InternalIdentity = z.infer<typeof internalIdentitySchema>;
/** Header that carries the token. */
export const internalIdentityHeader = 'x-migrator-identity';
export const requestIdHeader = 'x-request-id';
