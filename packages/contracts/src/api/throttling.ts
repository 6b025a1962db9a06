/** Public calls on throttling: Microsoft's limits on a tenant, what is used of them, and when less may be used. */
import { z } from 'zod';
import { timeSchema } from './common.js';

export const weekdays = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 08:00');

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

/** From `from` to `to` by the wall clock of `timeZone`, on `days`; hours that end no later than they begin run over midnight and belong to the day they begin on. */
export const businessHoursSchema = z
  .strictObject({
    timeZone: z.string().max(64).refine(isTimeZone, 'must be a time zone such as Europe/Berlin').meta({ description: 'IANA name; its daylight saving time is kept to' }),
    days: z.array(z.enum(weekdays)).min(1).max(7).refine((days) => new Set(days).size === days.length, 'names a day twice'),
    from: timeOfDay,
    to: timeOfDay,
    share: z.number().min(0).max(1).meta({ description: 'Part of Microsoft’s limits that may be used in these hours: 0 stands still, 1 is no restriction' }),
  })
  .meta({ id: 'BusinessHours', description: 'Hours in which less of Microsoft’s limits is used, so that people at work notice nothing. Outside them all of it may be used. `to` not after `from`: over midnight.' });
export type BusinessHours = z.output<typeof businessHoursSchema>;

export const setThrottlingBody = z.strictObject({ businessHours: businessHoursSchema.nullable() });

const count = z.number().int().min(0);
export const throttlingBudgetSchema = z
  .object({
    service: z.string().meta({ description: '`outlook`, `directory`, `reports`, `files` or `teams`' }),
    resource: z.string().nullable().meta({ description: 'Microsoft’s id of the mailbox or thread, or the report’s name; null when the limits are the tenant’s' }),
    limits: z.array(
      z.object({
        name: z.string(),
        measure: z.string().meta({ description: '`requests`, `writes`, `units` (Microsoft’s resource units) or `bytes`' }),
        max: z.number().meta({ description: 'Published, or as the operator set it' }),
        windowSeconds: z.number(),
        used: z.number().meta({ description: 'In the window that ends now' }),
        reserved: z.number().meta({ description: 'Lent to workers and not used yet' }),
      }),
    ),
    inFlight: z.object({ max: z.number(), allowed: z.number().meta({ description: 'What was learned: below `max` after refusals, growing again since' }), now: z.number() }).nullable(),
    plannedShare: z.number().meta({ description: 'What was learned: the part of the limits that is used, below 1 after refusals, growing again since' }),
    pausedUntil: timeSchema.nullable().meta({ description: 'Microsoft told us to wait until then' }),
    workers: count.meta({ description: 'Processes that use the budget' }),
    lately: z.object({ requests: count, refused: count.meta({ description: 'Answers 429, or 503 with Retry-After' }), waitedSeconds: z.record(z.string(), z.number()).meta({ description: 'Time that requests waited, all together, by workload' }) }).meta({ description: 'The last fifteen minutes' }),
  })
  .meta({ id: 'ThrottlingBudget', description: 'One budget of Microsoft’s: what is counted together.' });
export const throttlingAnswer = z.object({
  shared: z.boolean().meta({ description: 'Whether the workers’ shared state could be read. False: every worker keeps to a careful share by itself, and `budgets` is empty' }),
  businessHours: businessHoursSchema.nullable(),
  budgets: z.array(throttlingBudgetSchema),
});
export type ThrottlingAnswer = z.infer<typeof throttlingAnswer>;
