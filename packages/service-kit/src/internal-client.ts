/** Typed calls from one service to another, with the signed identity, a time-out and the callee's own error codes. */
import { AppError, errorBodySchema } from '@migrator/contracts/errors';
import { internalIdentityHeader, requestIdHeader, type CallerIdentity } from '@migrator/contracts/identity';
import { Pool } from 'undici';
import type { z } from 'zod';
import type { IdentitySigner } from './identity.js';

export interface InternalCall<S extends z.ZodType> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  identity: CallerIdentity;
  answer: S;
  body?: unknown;
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface InternalClient {
  /** The parsed answer; an error answer becomes the same AppError here; no answer becomes SERVICE_UNAVAILABLE. */
  call<S extends z.ZodType>(call: InternalCall<S>): Promise<z.output<S>>;
  close(): Promise<void>;
}

export function createInternalClient(service: string, url: string, signer: IdentitySigner): InternalClient {
  const pool = new Pool(url, { connections: 16, pipelining: 1, keepAliveTimeout: 30_000, connectTimeout: 3_000 });
  return {
    async call({ method, path, identity, answer, body, timeoutMs = 15_000, signal }) {
      const timeout = AbortSignal.timeout(timeoutMs);
      const token = await signer.sign(identity);
      let status: number;
      let json: unknown;
      try {
        const response = await pool.request({
          method,
          path,
          headers: { [internalIdentityHeader]: token, [requestIdHeader]: identity.requestId, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
          body: body === undefined ? null : JSON.stringify(body),
          signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        });
        status = response.statusCode;
        json = await response.body.json();
      } catch (cause) {
        if (signal?.aborted === true) throw cause;
        throw new AppError('SERVICE_UNAVAILABLE', { publicMessage: `The ${service} does not answer right now.`, retryAfterSeconds: 2, cause });
      }
      if (status >= 200 && status < 300) return answer.parse(json);
      const error = errorBodySchema.safeParse(json);
      if (!error.success) throw new AppError('SERVICE_UNAVAILABLE', { publicMessage: `The ${service} gave an answer that could not be read.`, retryAfterSeconds: 2 });
      throw new AppError(error.data.code, { publicMessage: error.data.error, ...(error.data.errors === undefined ? {} : { errors: error.data.errors }) });
    },
    close: () => pool.close(),
  };
}
