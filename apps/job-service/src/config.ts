/** job-service's environment. */
import { parseLimitOverrides } from '@migrator/graph-client/limits';
import { baseEnv, httpEnv, parsed } from '@migrator/service-kit/config';
import { z } from 'zod';

export const jobServiceEnv = z.object({
  ...baseEnv,
  ...httpEnv,
  TENANT_SERVICE_URL: z.url({ protocol: /^https?$/ }),
  /** What the operator knows better than Microsoft's published limits, as the workers have it: estimates count on it. */
  GRAPH_LIMITS: parsed(parseLimitOverrides),
  /** Units on the queue at most; what is beyond waits in PostgreSQL. */
  QUEUE_WINDOW_UNITS: z.coerce.number().int().min(1).max(10_000).default(128),
});
export type JobServiceConfig = z.output<typeof jobServiceEnv>;
