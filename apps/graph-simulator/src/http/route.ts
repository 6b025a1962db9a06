import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { SimTenant } from '../world/tenant.js';
import type { World } from '../world/world.js';

/** The two Graph versions; one route table serves both unless a route names its own. */
export type GraphVersion = 'v1.0' | 'beta';

/** Which limit family and which 403 code a route belongs to (graph/platform.md 6.4, exchange.md 9). */
export type GraphService = 'outlook' | 'directory' | 'reports' | 'files' | 'teams';

/** A call to graph.microsoft.com whose token has been verified and whose role has been checked. */
export interface GraphRequest {
  readonly method: string;
  readonly version: GraphVersion;
  /** Production shape (`https://graph.microsoft.com/v1.0/...`), whatever address the client really dialled. */
  readonly url: URL;
  /** Path parameters, percent-decoded once; `('it''s')` arrives as `it's`. */
  readonly params: Readonly<Record<string, string>>;
  /** Raw query; read it with `odata.ts`. */
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** From the token's `tid`. */
  readonly tenant: SimTenant;
  readonly app: { readonly clientId: string; readonly roles: ReadonlySet<string> };
  /** The whole body. Over 4 MB throws a GraphFault 413 with an empty body, as Outlook does. May be called twice. */
  body(): Promise<Buffer>;
  /** The body as JSON. Throws GraphFault 400 on malformed JSON; an absent body is `undefined`. */
  json(): Promise<unknown>;
  /** Hands over each piece of the body as it arrives. Take either this, `stream` or `body()`. Rejects with what `take` throws. */
  each(take: (piece: Buffer) => void): Promise<void>;
  /** The unread body. */
  readonly stream: Readable;
  readonly inBatch: boolean;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

/** A call to a host that takes no bearer token: import, upload and report links. */
export interface HostRequest {
  readonly method: string;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Hands over each piece of the body as it arrives. Take either this, `stream` or `body()`. Rejects with what `take` throws. */
  each(take: (piece: Buffer) => void): Promise<void>;
  readonly stream: Readable;
  /** The whole body. Over `limit` bytes throws a GraphFault 413 with an empty body. */
  body(limit: number): Promise<Buffer>;
  readonly signal: AbortSignal;
  readonly world: World;
}

/** What a route answers. Exactly one of `json`, `text`, `stream`, or none for an empty body. */
export interface GraphReply {
  status: number;
  headers?: Record<string, string>;
  json?: unknown;
  text?: string;
  stream?: AsyncIterable<Uint8Array | string>;
  /** Default: Graph's JSON type for `json`, `text/plain` for `text`, `application/octet-stream` for `stream`. */
  contentType?: string;
  /** Overrides the route's `write` for this answer: a POST that changed nothing says `false`. */
  wrote?: boolean;
}

/** One operation of Graph. The front checks token, role, limits and faults before `handle` runs. */
export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** `/users/{user}/messages/{message}/$value`; also `/reports/getMailboxUsageDetail(period={period})`. Literals match in any case. */
  path: string;
  /** Default: both. */
  versions?: readonly GraphVersion[];
  /** Any one of these application roles grants the call; otherwise 403. */
  roles: readonly string[];
  service: GraphService;
  /** The mailbox whose Outlook budget pays: its user's object id; null when there is none. Not awaited: keep it a lookup. */
  mailbox?: (req: Pick<GraphRequest, 'params' | 'tenant'>) => string | null;
  /** Changes state: goes to the write log, and 'after the write' faults apply. */
  write?: boolean;
  /** Query options this route knows besides the usual `$select $top $skip $filter $orderby $expand $count $search $skiptoken $deltatoken`. Anything else is 400. */
  queryOptions?: readonly string[];
  /**
   * Cost in resource units. Directory: before `$select`/`$top`/`$expand` adjust it, default 1. Files: as it stands, default 1 for reading
   * one thing and 2 for anything else; a function where the query decides.
   */
  units?: number | ((query: URLSearchParams) => number);
  /** Files: counts as sharing too. */
  sharing?: boolean;
  handle(req: GraphRequest): Promise<GraphReply> | GraphReply;
}

/** One operation of a host besides Graph. An Authorization header on these is answered 401. */
export interface HostRoute {
  host: string | RegExp;
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  path: string;
  /** Who pays: needed for Outlook limits, the request log and tenant-matched faults; null when the link is not ours. */
  owner?: (req: Pick<HostRequest, 'params' | 'query' | 'url'>) => { tenantId: string; clientId: string; mailbox: string | null } | null;
  write?: boolean;
  /** Default: an Authorization header is refused with 401. Entra reads or ignores it. */
  bearer?: 'ignored';
  handle(req: HostRequest): Promise<GraphReply> | GraphReply;
}

/** Extra parts of an error answer. */
export interface FaultExtra {
  headers?: Record<string, string>;
  /** Answer the status without any body. */
  emptyBody?: boolean;
  /** Answer this JSON in place of Graph's error shape (the import host does). */
  body?: unknown;
  target?: string;
  /** The more exact code inside, where SharePoint keeps one. */
  innerCode?: string;
  details?: { code: string; message: string; target?: string }[];
}

/** Thrown anywhere below the front: becomes Graph's error body `{ error: { code, message, innerError } }`. */
export class GraphFault extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly extra: FaultExtra = {},
  ) {
    super(message);
    this.name = 'GraphFault';
  }
}
