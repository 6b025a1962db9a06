/** The Graph port: the only way the product talks to Microsoft. Decorate it (read-only, metrics, faults) rather than branch around it. */

import type { AnswerHeaders } from './answer-headers.js';

/** Which published limits a request counts against; the governor decides by it when the request may go. */
export type Budget =
  | { readonly kind: 'outlook'; readonly mailbox: string }
  | { readonly kind: 'directory' }
  | { readonly kind: 'reports'; readonly report: string }
  /** `sharing`: an invitation or a link, which have a limit of their own besides. */
  | { readonly kind: 'files'; readonly sharing?: true }
  | { readonly kind: 'teams'; readonly thread: string }
  | { readonly kind: 'none' };

export interface RequestOptions {
  budget: Budget;
  /** Default `v1.0`. */
  version?: 'v1.0' | 'beta';
  /** Query parameters; values are encoded here. */
  query?: Record<string, string>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** May be sent again when no answer was seen. Default: true for GET, false for everything else. */
  repeatable?: boolean;
  /** Microsoft's resource units, when the request is known to cost something else than usual (governor/limits.ts). */
  units?: number;
  /** For the whole exchange without waiting for the governor; default: the client's own (streams: between two pieces). */
  timeoutMs?: number;
  /** Three times the client's own time-out: Exchange builds the stream of a large item before it sends the first byte. */
  slow?: boolean;
}

/** A function makes the body anew for every attempt; a bare stream can be sent once, so a throttled request with one fails as `throttled`. */
export type RequestBody = string | Uint8Array | AsyncIterable<Uint8Array> | (() => AsyncIterable<Uint8Array>);
export interface RawOptions extends RequestOptions {
  body?: RequestBody;
  contentType?: string;
  /** Needed for streams whose length is known; Graph's upload slices want it. */
  contentLength?: number;
  /** About how long a stream of unknown length will be: so much of the budget's bytes must be free before it begins; what it sends beyond is counted as it goes. */
  bytesExpected?: number;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Must be read to its end, or discarded. */
  readonly body: AsyncIterable<Uint8Array>;
  json<T>(): Promise<T>;
  discard(): Promise<void>;
}

export interface GraphPage<T> {
  value: T[];
  nextLink: string | null;
  deltaLink: string | null;
}

export interface BatchRequest {
  id: string;
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Relative to the version: `/users/...`. */
  url: string;
  headers?: Record<string, string>;
  body?: unknown;
}
export interface BatchAnswer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

export interface GraphPort {
  /** Microsoft's id of the tenant this port acts in. */
  readonly tenantId: string;
  /** Id of the application that it acts as. */
  readonly appId: string;
  get<T>(path: string, options: RequestOptions): Promise<T>;
  post<T>(path: string, body: unknown, options: RequestOptions): Promise<T>;
  patch<T>(path: string, body: unknown, options: RequestOptions): Promise<T>;
  put<T>(path: string, body: unknown, options: RequestOptions): Promise<T>;
  delete(path: string, options: RequestOptions): Promise<void>;
  /** One request with streams both ways; 2xx and 3xx come back, everything else throws GraphRequestError. */
  raw(method: string, path: string, options: RawOptions): Promise<RawResponse>;
  /** Pages of a collection, following nextLink verbatim, from a path or from a stored link (`from`). */
  pages<T>(path: string, options: RequestOptions & { from?: string; pageSizeMax?: number }): AsyncIterable<GraphPage<T>>;
  /** Any number of requests, cut in batches of 20; throttled ones are sent again. */
  batch(requests: readonly BatchRequest[], options: RequestOptions): Promise<Map<string, BatchAnswer>>;
  /** A pre-authorised address (import, upload, report): no token is attached and the address is never logged. */
  preauthorised(method: string, url: string, options: RawOptions): Promise<RawResponse>;
  /** A pre-authorised read whose answer is held whole, in `into` and at most as much: one that was cut is made again, as any read is. `bytes`: the part of `into` that it filled. */
  preauthorisedBytes(url: string, options: RequestOptions & { into: Buffer }): Promise<{ status: number; headers: AnswerHeaders; bytes: Buffer }>;
}
