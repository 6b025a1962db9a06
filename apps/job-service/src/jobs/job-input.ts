/** What a caller may ask for, beyond the shape: types, scopes and options by type. Pure. */
import { optionsSchemas, scopeSchemas, type CreateJobBody } from '@migrator/contracts/api/jobs';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import { AppError, validationError, type FieldError } from '@migrator/contracts/errors';
import type { z } from 'zod';
import { workloadWords } from '../matching/candidate.js';
import type { Wishes } from '../matching/match-sources.js';

/** The workload behind a type as it may be written: two older names stand for TEAMS. */
export function foldType(type: CreateJobBody['type']): WorkloadName {
  return type === 'TEAMS_CHANNELS' || type === 'TEAMS_CHAT' ? 'TEAMS' : type;
}

/** The workload of a job to be created; VALIDATION_ERROR when this release cannot run it. */
export function runnableWorkload(type: CreateJobBody['type'], runnable: readonly WorkloadName[]): WorkloadName {
  const workload = foldType(type);
  if (runnable.includes(workload)) return workload;
  throw invalid([{ path: 'type', message: `this release cannot run ${workload} jobs yet; it runs ${runnable.join(', ')}` }]);
}

/** Scope of a job: a missing key means true, unknown keys are named. The two older types stand for one half of TEAMS each. */
export function parseScope<W extends WorkloadName>(workload: W, scope: unknown, type: CreateJobBody['type'] = workload): z.output<(typeof scopeSchemas)[W]> {
  const given = (scope ?? {}) as Record<string, unknown>;
  const meant = type === 'TEAMS_CHANNELS' ? { chat: false, ...given } : type === 'TEAMS_CHAT' ? { channels: false, members: false, files: false, tabs: false, ...given } : given;
  return parseAt(scopeSchemas[workload], meant, 'scope') as z.output<(typeof scopeSchemas)[W]>;
}

/** The options of a job of any type: what all have in common is known of them. */
export type JobOptions = z.output<(typeof optionsSchemas)[WorkloadName]>;

/** Options of a job; `path` is where they stand in the body (`options`, `batches.3.options`). */
export function parseOptions<W extends WorkloadName>(workload: W, options: unknown, path: string): z.output<(typeof optionsSchemas)[W]> {
  const parsed = parseAt(optionsSchemas[workload], options ?? {}, path) as z.output<(typeof optionsSchemas)[W]>;
  const { since, until } = parsed.filters ?? {};
  if (since !== undefined && until !== undefined && Date.parse(since) > Date.parse(until)) throw invalid([{ path: `${path}.filters.until`, message: 'must not lie before since' }]);
  return parsed;
}

/** Whether sites that the destination lacks are to be made, as far as Graph makes them. */
export const makesSites = (options: Record<string, unknown>): boolean => options['createSites'] === true;

/** What the options say about sources, under the names of the workload. */
export function wishesOf(workload: WorkloadName, options: Record<string, unknown>): Wishes {
  const words = workloadWords[workload];
  return { words, listed: options[words.list] as string[] | undefined, mappings: options[words.mappings] as { source: string; dest: string }[] | undefined };
}

function parseAt<S extends z.ZodType>(schema: S, value: unknown, path: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { errors = [] } = validationError(result.error);
  throw invalid(errors.map((error) => ({ path: error.path === '' ? path : `${path}.${error.path}`, message: error.message })));
}

/** VALIDATION_ERROR that names every problem. */
export function invalid(errors: FieldError[], publicMessage = 'The request is not valid.'): AppError {
  const [only] = errors;
  return new AppError('VALIDATION_ERROR', { publicMessage: errors.length === 1 && only !== undefined ? `${only.path}: ${only.message}` : publicMessage, errors });
}
