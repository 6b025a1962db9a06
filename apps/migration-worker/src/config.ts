/** migration-worker's environment. */
import { parseLimitOverrides } from '@migrator/graph-client';
import { baseEnv, parsed } from '@migrator/service-kit/config';
import { z } from 'zod';

export const workerEnv = z.object({
  ...baseEnv,
  TENANT_SERVICE_URL: z.url({ protocol: /^https?$/ }),
  JOB_SERVICE_URL: z.url({ protocol: /^https?$/ }),
  /** Where requests to Microsoft's production addresses are carried; empty: to Microsoft. */
  MICROSOFT_LAST_HOP: z.string().default(''),
  /** What the operator knows better than Microsoft's published limits. */
  GRAPH_LIMITS: parsed(parseLimitOverrides),
  /** How long Microsoft may be silent until an answer counts as lost; three times that for the streams of large items. */
  GRAPH_TIMEOUT_SECONDS: z.coerce.number().int().min(1).max(600).default(100),
  /** Units at work at once. */
  WORKER_UNITS: z.coerce.number().int().min(1).max(64).default(6),
  /** A unit whose worker is silent for so long is given to another one. */
  LEASE_SECONDS: z.coerce.number().int().min(2).max(600).default(30),
});
export type WorkerConfig = z.output<typeof workerEnv>;
