/** Logs are facts: a constant sentence plus fields. Subjects, file names, bodies and tokens never enter one. */
import { pino, type Logger } from 'pino';

export type { Logger };

const redacted = ['authorization', 'Authorization', 'cookie', 'token', 'secret', 'password', 'clientSecret', 'apiKey', 'accessToken', 'uploadUrl', 'importUrl'].flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

export function createLogger(service: string, level: string): Logger {
  return pino({ level, base: { service }, redact: { paths: redacted, censor: '[redacted]' }, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } });
}
