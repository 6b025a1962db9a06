import { randomUUID } from 'node:crypto';
import { GraphFault } from '../http/route.js';

/** The answers of the token endpoint that mean something to us (graph/platform.md 2.3): AADSTS number -> OAuth error and status. */
const table = {
  7000215: ['invalid_client', 401],
  7000222: ['invalid_client', 401],
  7000218: ['invalid_client', 401],
  700027: ['invalid_client', 401],
  7000229: ['invalid_client', 401],
  700016: ['unauthorized_client', 400],
  7000112: ['unauthorized_client', 400],
  90002: ['invalid_request', 400],
  900023: ['invalid_request', 400],
  900144: ['invalid_request', 400],
  9001023: ['invalid_request', 400],
  50011: ['invalid_request', 400],
  65004: ['consent_required', 400],
  70003: ['unsupported_grant_type', 400],
  1002012: ['invalid_scope', 400],
  500011: ['invalid_resource', 400],
} as const satisfies Record<number, readonly [string, number]>;

/** An AADSTS number this simulator answers with. */
export type AadstsCode = keyof typeof table;

/** The error as the token endpoint writes it. */
export function entraFault(code: AadstsCode, message: string, context: { nowMs: number; correlationId?: string | undefined }): GraphFault {
  const [error, status] = table[code];
  const traceId = randomUUID();
  const correlationId = context.correlationId ?? randomUUID();
  const timestamp = new Date(context.nowMs).toISOString().replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  return new GraphFault(status, error, message, {
    body: {
      error,
      error_description: `AADSTS${String(code)}: ${message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${String(code)}`,
    },
  });
}
