/** The closed catalogue of public error codes, and the one error class that carries them through the services. */
import { z } from 'zod';

export const httpStatus = {
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  TLS_REQUIRED: 403,
  NOT_FOUND: 404,
  TENANT_NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  DEVICE_NOT_FOUND: 404,
  COMMAND_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  INVALID_JSON: 400,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  VALIDATION_ERROR: 422,
  JOB_NOT_RUNNING: 409,
  JOB_NOT_PAUSED: 409,
  TENANT_DISCONNECTED: 409,
  COMMAND_NOT_CANCELLABLE: 409,
  COMMAND_FINISHED: 409,
  CONFLICT: 409,
  IDEMPOTENCY_CONFLICT: 409,
  IDEMPOTENCY_IN_PROGRESS: 409,
  RATE_LIMITED: 429,
  INTERNAL_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
} as const satisfies Record<string, number>;

export type ApiErrorCode = keyof typeof httpStatus;

/** One problem of a request body, query or path; `path` is dotted (`batches.0.options`). */
export interface FieldError {
  path: string;
  message: string;
}

export interface AppErrorOptions {
  /** A sentence for the person who called; must say nothing of the inside. */
  publicMessage: string;
  errors?: FieldError[];
  /** Whole seconds for a `Retry-After` header. */
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** An error with a public code. Everything that is not an AppError becomes INTERNAL_ERROR at the edge. */
export class AppError extends Error {
  readonly publicMessage: string;
  readonly errors: FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ApiErrorCode,
    options: AppErrorOptions,
  ) {
    super(`${code}: ${options.publicMessage}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.publicMessage = options.publicMessage;
    this.errors = options.errors === undefined ? undefined : readable(options.errors);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return httpStatus[this.code];
  }
}

/** What one answer names of a body with a hundred thousand faults; more helps nobody, and would grow with what the caller sent. */
const errorsMax = 100;
const pathLengthMax = 256;

function readable(errors: FieldError[]): FieldError[] {
  const shown = errors.slice(0, errorsMax).map(({ path, message }) => ({ path: path.length > pathLengthMax ? `${path.slice(0, pathLengthMax)}…` : path, message }));
  if (errors.length > errorsMax) shown.push({ path: '', message: `and ${errors.length - errorsMax} more: correct these first` });
  return shown;
}

const missing = {
  NOT_FOUND: 'There is nothing at this address.',
  TENANT_NOT_FOUND: 'There is no such tenant.',
  JOB_NOT_FOUND: 'There is no such job.',
  DEVICE_NOT_FOUND: 'There is no such device.',
  COMMAND_NOT_FOUND: 'There is no such command.',
} as const satisfies Partial<Record<ApiErrorCode, string>>;

/** The one answer for what does not exist, is no id at all, or is another organisation's. */
export const notFound = (code: keyof typeof missing): AppError => new AppError(code, { publicMessage: missing[code] });

/** The body of every error answer. */
export const errorBodySchema = z
  .object({
    error: z.string(),
    code: z.enum(Object.keys(httpStatus) as [ApiErrorCode, ...ApiErrorCode[]]),
    status: z.number().int(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    requestId: z.string().optional(),
  })
  .meta({ id: 'Error', description: 'Every error answer. `errors` names the fields when the code is VALIDATION_ERROR: the first hundred, and how many more there are.' });
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** Turns a zod failure into the public validation error; unknown keys name themselves. */
export function validationError(error: z.ZodError, publicMessage = 'The request is not valid.'): AppError {
  const errors = error.issues.flatMap((issue): FieldError[] => {
    const at = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...at, key].join('.'), message: 'unknown field' }));
    return [{ path: at.join('.'), message: issue.message }];
  });
  return new AppError('VALIDATION_ERROR', { publicMessage, errors });
}

/** Parses or throws VALIDATION_ERROR. */
export function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (!result.success) throw validationError(result.error);
  return result.data;
}
