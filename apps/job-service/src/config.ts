/** job-service's environment. */
import { baseEnv, httpEnv } from '@migrator/service-kit/config';
import { z } from 'zod';

export const jobServiceEnv = z.object({
  ...baseEnv,
  ...httpEnv,
  TENANT_SERVICE_URL: z.url({ protocol: /^https?$/ }),
  /** Units on the queue at most; what is beyond waits in PostgreSQL. */
  QUEUE_WINDOW_UNITS: z.coerce.number().int().min(1).max(10_000).default(128),
});
export type JobServiceConfig = z.output<typeof jobServiceEnv>;
