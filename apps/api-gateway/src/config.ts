/** The gateway's environment. */
import { baseEnv, flag, httpEnv, Secret, secretKey } from '@migrator/service-kit/config';
import { z } from 'zod';

const serviceUrl = z.url({ protocol: /^https?$/ });

export const gatewayEnv = z
  .object({
    ...baseEnv,
    ...httpEnv,
    TENANT_SERVICE_URL: serviceUrl,
    JOB_SERVICE_URL: serviceUrl,
    DEVICE_SERVICE_URL: serviceUrl,
    /** Where people and programs reach the gateway from outside, such as https://migrator.example. */
    PUBLIC_URL: z.url({ protocol: /^https?$/ }),
    /** Signs session cookies; changing it signs everybody out. */
    SESSION_SECRET: secretKey(32),
    /** Who may create an organisation by signing up: anybody, only the first one, or nobody. */
    SIGN_UP: z.enum(['open', 'first', 'closed']).default('first'),
    /** How mail leaves: smtp(s)://user:password@host:port. Without it links are not sent. */
    SMTP_URL: z.url({ protocol: /^smtps?$/ }).transform((value) => new Secret(value)).optional(),
    MAIL_FROM: z.string().min(3).max(254).optional(),
    /** Write links of invitations and password resets into the log instead of mailing them. For the local stack only. */
    MAIL_LINKS_IN_LOG: flag(false),
    /** Origins of web pages elsewhere that may call, separated by commas. */
    CORS_ORIGINS: z.string().default(''),
    /** Requests a minute from one address for calls that need no key: signing in, the reference, callbacks. */
    ADDRESS_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).default(300),
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
  .refine((env) => (env.TLS_CERT_FILE === undefined) === (env.TLS_KEY_FILE === undefined), { path: ['TLS_KEY_FILE'], message: 'TLS_CERT_FILE and TLS_KEY_FILE go together' })
  .refine((env) => env.SMTP_URL === undefined || env.MAIL_FROM !== undefined, { path: ['MAIL_FROM'], message: 'SMTP_URL needs MAIL_FROM, the address that mail comes from' });
export type GatewayConfig = z.output<typeof gatewayEnv>;
