/** The gateway's environment. */
import { baseEnv, flag, httpEnv, secretKey } from '@migrator/service-kit/config';
import { z } from 'zod';

const serviceUrl = z.url({ protocol: /^https?$/ });

export const gatewayEnv = z
  .object({
    ...baseEnv,
    ...httpEnv,
    TENANT_SERVICE_URL: serviceUrl,
    JOB_SERVICE_URL: serviceUrl,
    DEVICE_SERVICE_URL: serviceUrl,
    /** Keys the hash of API keys; changing it makes every key unknown. */
    API_KEY_PEPPER: secretKey(32),
    /** Accept requests without TLS from this machine. For the local stack only. */
    ALLOW_INSECURE_LOOPBACK: flag(false),
    /** Networks whose requests need no TLS, as addresses or CIDR ranges: for containers whose port is published on loopback alone. */
    INSECURE_NETWORKS: z.string().default(''),
    /** Reverse proxies whose `X-Forwarded-Proto` is believed, as addresses or CIDR ranges separated by commas. */
    TRUSTED_PROXIES: z.string().default(''),
    /** PEM files, when TLS ends in the gateway itself. */
    TLS_CERT_FILE: z.string().optional(),
    TLS_KEY_FILE: z.string().optional(),
  })
  .refine((env) => (env.TLS_CERT_FILE === undefined) === (env.TLS_KEY_FILE === undefined), { path: ['TLS_KEY_FILE'], message: 'TLS_CERT_FILE and TLS_KEY_FILE go together' });
export type GatewayConfig = z.output<typeof gatewayEnv>;
