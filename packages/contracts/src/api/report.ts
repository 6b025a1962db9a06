/** The report of a verification: per unit what is on both sides, and every difference with its cause. */
import { z } from 'zod';
import { verifiedCountsSchema } from '../events.js';
import { idSchema } from '../ids.js';
import { differenceClasses } from '../outcomes.js';
import { passSchema } from './jobs.js';

const explained = z.object({ code: z.string(), cause: z.string(), remedy: z.string() });

export const verifiedUnitStatuses = ['PENDING', 'RUNNING', 'VERIFIED', 'NOT_VERIFIED', 'SKIPPED'] as const;
export const verifiedContainerSchema = verifiedCountsSchema.extend({
  path: z.string(),
  /** Where its items were compared; null when the container is not at the destination. */
  destPath: z.string().nullable(),
  kind: z.string(),
}).meta({ id: 'VerifiedContainer', description: 'A folder, calendar or list on both sides.' });

export const verifiedUnitSchema = verifiedCountsSchema.extend({
  unitId: idSchema('unt'),
  source: z.string(),
  dest: z.string().nullable(),
  status: z.enum(verifiedUnitStatuses),
  /** Why it was not verified. */
  failure: explained.nullable(),
  containers: z.array(verifiedContainerSchema),
}).meta({ id: 'VerifiedUnit', description: 'Counts and bytes of a unit on both sides.' });

export const reportedDifferenceSchema = z.object({
  unitId: idSchema('unt'),
  source: z.string(),
  container: z.string(),
  kind: z.string(),
  class: z.enum(differenceClasses),
  code: z.string(),
  cause: z.string(),
  remedy: z.string(),
  /** The reason that the job itself reported for the item. */
  because: explained.nullable(),
  /** Names of the fields that differ. */
  fields: z.array(z.string()),
  sourceItemId: z.string().nullable(),
  destItemId: z.string().nullable(),
  foundIn: z.string().nullable(),
}).meta({ id: 'Difference', description: 'One difference between both sides. Carries no content.' });

export const reportFormats = ['json', 'csv'] as const;
export const jobReportQuery = z.strictObject({
  format: z.enum(reportFormats).default('json'),
  /** A verify pass of the job; the latest one when left out. */
  pass: idSchema('pas').optional(),
});
export const jobReportAnswer = z.object({
  jobId: idSchema('job'),
  pass: passSchema,
  units: z.array(verifiedUnitSchema),
  differences: z.array(reportedDifferenceSchema),
}).meta({ id: 'JobReport', description: 'The report of a verify pass.' });
export type VerifiedUnit = z.infer<typeof verifiedUnitSchema>;
export type VerifiedContainer = z.infer<typeof verifiedContainerSchema>;
export type ReportedDifference = z.infer<typeof reportedDifferenceSchema>;
export type JobReport = z.infer<typeof jobReportAnswer>;
