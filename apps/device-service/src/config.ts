/** device-service's environment. */
import { baseEnv, httpEnv } from '@migrator/service-kit/config';
import { z } from 'zod';

export const deviceServiceEnv = z.object({ ...baseEnv, ...httpEnv });
export type DeviceServiceConfig = z.output<typeof deviceServiceEnv>;
