/** The log of a job, as server-sent events and as CSV. */
import { z } from 'zod';
import { idSchema } from '../ids.js';
import { timeSchema } from './common.js';

export const logLevels = ['INFO', 'OK', 'WARN', 'ERROR'] as const;
export type LogLevel = (typeof logLevels)[number];

/** `event: log` */
export const logLineSchema = z.object({ id: idSchema('log'), level: z.enum(logLevels), message: z.string(), ts: timeSchema });
export type LogLine = z.infer<typeof logLineSchema>;

/** `event: done`; the stream is closed after it. CANCELLED: the job was deleted. */
export const logDoneSchema = z.object({ status: z.enum(['DONE', 'ERROR', 'CANCELLED']), completedAt: timeSchema.nullable() });
export type LogDone = z.infer<typeof logDoneSchema>;

/** Where a log stream begins: after this line. `Last-Event-ID` stands over it. */
export const streamLogQuery = z.object({ after: z.string().max(64).optional() });
