/** The environment, parsed once in main.ts: every problem is reported at once, and the service refuses to start. */
import { z } from 'zod';

/** A value that never prints: in logs, errors and JSON it reads `[redacted]`. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  /** The value itself; call it only where it is used. */
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '[redacted]';
  }
  toJSON(): string {
    return '[redacted]';
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[redacted]';
  }
}

export const secret = (): z.ZodType<Secret> =>
  z
    .string()
    .min(1)
    .transform((value) => new Secret(value)) as unknown as z.ZodType<Secret>;

/** A secret of exactly `bytes` bytes, given as base64. */
export const secretKey = (bytes: number): z.ZodType<Secret> =>
  z
    .string()
    .refine((value) => Buffer.from(value, 'base64').length === bytes, `must be ${bytes} bytes in base64 (make one: openssl rand -base64 ${bytes})`)
    .transform((value) => new Secret(value)) as unknown as z.ZodType<Secret>;

/** A value with a form of its own; `parse` throws with what is wrong with it. Not set: what it makes of an empty text. */
export const parsed = <T>(parse: (text: string) => T) =>
  z
    .string()
    .default('')
    .transform((text, context): T => {
      try {
        return parse(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'cannot be read' });
        return z.NEVER;
      }
    });

export const flag = (fallback: boolean) => z.stringbool().default(fallback);
export const port = () => z.coerce.number().int().min(0).max(65_535);

/** What every service reads. Spread it into the service's own schema. */
export const baseEnv = {
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Health and metrics; keep it off the public network. */
  PRIVATE_PORT: port(),
  /** Interface of the private listener. */
  PRIVATE_HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  NATS_URL: z.url({ protocol: /^(nats|tls)$/ }),
  /** Shared by gateway and services: signs the internal identity. */
  INTERNAL_SIGNING_KEY: secretKey(32),
  /** Prefix of streams, subjects and queues, so that several platforms can share servers. */
  MESSAGING_NAMESPACE: z.string().regex(/^[a-z0-9_-]{1,40}$/).default('migrator'),
};

/** For services that take requests. */
export const httpEnv = { PORT: port(), HOST: z.string().default('127.0.0.1') };

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Parses the environment or throws one ConfigError that names every variable that is missing or wrong (never its value). */
export function parseEnv<S extends z.ZodType>(schema: S, env: Record<string, string | undefined>): z.output<S> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${present[issue.path[0] as string] === undefined ? 'is missing' : issue.message}`);
  throw new ConfigError(`The configuration is not usable. Set these environment variables:\n${lines.join('\n')}`);
}
