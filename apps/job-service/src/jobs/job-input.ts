/** What a caller may ask for, beyond the shape: types, scopes and options by type. Pure. */
import { emailOptionsSchema, emailScopeSchema, type CreateJobBody, type EmailOptions, type EmailScope } from '@migrator/contracts/api/jobs';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import { AppError, validationError, type FieldError } from '@migrator/contracts/errors';
import type { z } from 'zod';

/** The workload behind a type as it may be written: two older names stand for TEAMS. */
export function foldType(type: CreateJobBody['type']): WorkloadName {
  return type === 'TEAMS_CHANNELS' || type === 'TEAMS_CHAT' ? 'TEAMS' : type;
}

/** Workloads that this release can run. */
const runnable: readonly WorkloadName[] = ['EMAIL'];

/** The workload of a job to be created; VALIDATION_ERROR when this release cannot run it. */
export function runnableWorkload(type: CreateJobBody['type']): 'EMAIL' {
  const workload = foldType(type);
  if (workload === 'EMAIL') return workload;
  throw invalid([{ path: 'type', message: `this release cannot run ${workload} jobs yet; it runs ${runnable.join(', ')}` }]);
}

export interface EmailWish {
  scope: EmailScope;
  options: EmailOptions;
}

/** Scope of an EMAIL job: a missing key means true, unknown keys are named. */
export function parseEmailScope(scope: unknown): EmailScope {
  return parseAt(emailScopeSchema, scope ?? {}, 'scope');
}

/** Options of an EMAIL job; `path` is where they stand in the body (`options`, `batches.3.options`). */
export function parseEmailOptions(options: unknown, path: string): EmailOptions {
  const parsed = parseAt(emailOptionsSchema, options ?? {}, path);
  const { since, until } = parsed.filters ?? {};
  if (since !== undefined && until !== undefined && Date.parse(since) > Date.parse(until)) throw invalid([{ path: `${path}.filters.until`, message: 'must not lie before since' }]);
  return parsed;
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
