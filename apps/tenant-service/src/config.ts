/** tenant-service's environment. */
import { parseLimitOverrides } from '@migrator/graph-client';
import { baseEnv, httpEnv, parsed, secret, secretKey } from '@migrator/service-kit/config';
import { z } from 'zod';

export const tenantServiceEnv = z.object({
  ...baseEnv,
  ...httpEnv,
  JOB_SERVICE_URL: z.url({ protocol: /^https?$/ }),
  /** Encrypts customers' own app secrets. */
  SECRETS_KEY: secretKey(32),
  /** The platform's own multi-tenant app registration. */
  GRAPH_CLIENT_ID: z.guid(),
  GRAPH_CLIENT_SECRET: secret(),
  /** The gateway's public address: the consent page comes back to it. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }),
  /** The dashboard's address: browsers end there after a consent, instead of on a small page. Empty: there is none. */
  DASHBOARD_URL: z.union([z.literal(''), z.url({ protocol: /^https?$/ }).refine((url) => !/[?#]/.test(url), 'must have neither query nor fragment')]).default(''),
  /** Where browsers find the consent page. */
  ENTRA_AUTHORITY: z.url({ protocol: /^https?$/ }).default('https://login.microsoftonline.com'),
  /** Carries every request for Microsoft to another listener; empty in production. */
  MICROSOFT_LAST_HOP: z.string().default(''),
  /** What the operator knows better than Microsoft's published limits. */
  GRAPH_LIMITS: parsed(parseLimitOverrides),
  /** How long a fresh consent may take until Microsoft has spread it, in seconds. */
  CONSENT_WAIT_SECONDS: z.coerce.number().int().min(0).max(600).default(60),
});
export type TenantServiceConfig = z.output<typeof tenantServiceEnv>;
