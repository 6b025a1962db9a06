/** The signed internal identity that the gateway and the services attach to every internal call. */
import { z } from 'zod';
import { apiKeyScopeSchema } from './api/keys.js';

export const serviceNames = ['api-gateway', 'tenant-service', 'job-service', 'device-service', 'migration-worker'] as const;
export type ServiceName = (typeof serviceNames)[number];

/**
 * Claims of an internal token (JWT, HS256, at most 60 s old). `actor` is `key:<id>`, `user:<id>`, `agent` or `service:<name>`.
 * A service token without `org` acts for the platform and may call `/internal` routes only. An agent's token says that the call
 * came through the gateway; `org` is set when the gateway has found the organisation that the agent names. The request's id travels
 * beside the token, in `x-request-id`, so that one token serves many requests.
 */
export const internalIdentitySchema = z.object({
  org: z.string().startsWith('org_').nullable(),
  actor: z.string().min(1),
  role: z.enum(['owner', 'admin', 'operator', 'viewer', 'agent', 'service']),
  scopes: z.array(apiKeyScopeSchema),
});
export type InternalIdentity = z.infer<typeof internalIdentitySchema>;
/** An identity and the request it acts in. */
export type CallerIdentity = InternalIdentity & { requestId: string };
/** Header that carries the token. */
export const internalIdentityHeader = 'x-migrator-identity';
export const requestIdHeader = 'x-request-id';
/** On a service's error answer to a write: `unknown` when the write may have been carried out all the same. For the gateway alone. */
export const outcomeHeader = 'x-migrator-outcome';
/** Header with the client's address as the gateway saw it. */
export const clientAddressHeader = 'x-client-address';
