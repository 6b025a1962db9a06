/** BullMQ queues. A payload carries ids only; the row carries the truth. */
import { z } from 'zod';
import { idSchema } from './ids.js';

export const queues = {
  /** A unit that should be worked. Delivered twice does its work once: the worker claims the row first. */
  units: { name: 'units', payload: z.object({ orgId: idSchema('org'), jobId: idSchema('job'), unitId: idSchema('unt') }) },
} as const;
export type UnitPayload = z.infer<(typeof queues.units)['payload']>;
