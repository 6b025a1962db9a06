/** One answered (or dropped) request. Bodies, tokens and queries of pre-authorised links are never kept. */
export interface LogEntry {
  /** Simulated time, ISO. */
  at: string;
  requestId: string;
  clientRequestId: string | null;
  tenantId: string | null;
  clientId: string | null;
  method: string;
  host: string;
  /** Path and, for Graph, query. */
  path: string;
  /** The route's template, e.g. `/users/{user}`; null when no route matched. */
  route: string | null;
  mailbox: string | null;
  /** 0 when the connection was dropped without an answer. */
  status: number;
  /** The error code of the answer, null for a success. */
  code: string | null;
  write: boolean;
  inBatch: boolean;
  throttled: boolean;
  /** Ids of the faults that struck. */
  faults: string[];
  bytesIn: number;
  bytesOut: number;
  /** Real milliseconds from the request's head to the answer's end. */
  ms: number;
  /** Resource units charged, for the directory and for files. */
  units: number;
}

/** Sums since the start or the last clear. */
export interface Counters {
  requests: number;
  throttled: number;
  writes: number;
  dropped: number;
  bytesIn: number;
  bytesOut: number;
  /** Real milliseconds summed over requests. */
  ms: number;
  /** Most requests that were under way at one moment, by mailbox (or the tenant, for what has none). */
  peakInFlight: Record<string, number>;
  byStatus: Record<string, number>;
  byRoute: Record<string, number>;
  byTenant: Record<string, number>;
  /** Resource units of requests that were let through. */
  unitsByTenant: Record<string, number>;
  byApp: Record<string, number>;
}

/** Which entries a question is about; what is absent matches everything. */
export interface LogQuery {
  tenantId?: string | undefined;
  clientId?: string | undefined;
  mailbox?: string | undefined;
  method?: string | undefined;
  status?: number | undefined;
  /** Part of the route template or the path, in any case. */
  path?: string | undefined;
  throttled?: boolean | undefined;
  limit?: number | undefined;
}

/** A list that forgets its oldest entry when full. */
class Ring<T> {
  #items: T[] = [];
  #start = 0;

  constructor(private readonly capacity: number) {}

  push(item: T): void {
    if (this.#items.length < this.capacity) this.#items.push(item);
    else {
      this.#items[this.#start] = item;
      this.#start = (this.#start + 1) % this.capacity;
    }
  }

  clear(): void {
    this.#items = [];
    this.#start = 0;
  }

  *newestFirst(): Generator<T> {
    const n = this.#items.length;
    for (let i = n - 1; i >= 0; i -= 1) {
      const item = this.#items[(this.#start + i) % n];
      if (item !== undefined) yield item;
    }
  }
}

function emptyCounters(): Counters {
  return { requests: 0, throttled: 0, writes: 0, dropped: 0, bytesIn: 0, bytesOut: 0, ms: 0, peakInFlight: {}, byStatus: {}, byRoute: {}, byTenant: {}, unitsByTenant: {}, byApp: {} };
}

function bump(record: Record<string, number>, key: string, by = 1): void {
  record[key] = (record[key] ?? 0) + by;
}

/** Who called what, for tests to ask. Keeps the newest requests, the newest writes, and sums over all. */
export class RequestLog {
  readonly #requests: Ring<LogEntry>;
  readonly #writes: Ring<LogEntry>;
  readonly #inFlight = new Map<string, number>();
  #counters = emptyCounters();

  constructor(options: { requests?: number; writes?: number } = {}) {
    this.#requests = new Ring(options.requests ?? 20_000);
    this.#writes = new Ring(options.writes ?? 100_000);
  }

  /** Marks the start of a request on `key` (a mailbox or tenant); call the result once at its end. */
  enter(key: string): () => void {
    const n = (this.#inFlight.get(key) ?? 0) + 1;
    this.#inFlight.set(key, n);
    if (n > (this.#counters.peakInFlight[key] ?? 0)) this.#counters.peakInFlight[key] = n;
    return () => {
      const left = (this.#inFlight.get(key) ?? 1) - 1;
      if (left <= 0) this.#inFlight.delete(key);
      else this.#inFlight.set(key, left);
    };
  }

  /** Requests under way now, on all keys. */
  get inFlight(): number {
    let sum = 0;
    for (const n of this.#inFlight.values()) sum += n;
    return sum;
  }

  add(entry: LogEntry): void {
    this.#requests.push(entry);
    if (entry.write) this.#writes.push(entry);
    const c = this.#counters;
    c.requests += 1;
    c.bytesIn += entry.bytesIn;
    c.bytesOut += entry.bytesOut;
    c.ms += entry.ms;
    if (entry.throttled) c.throttled += 1;
    if (entry.write) c.writes += 1;
    if (entry.status === 0) c.dropped += 1;
    bump(c.byStatus, String(entry.status));
    bump(c.byRoute, `${entry.method} ${entry.route ?? '(none)'}`);
    if (entry.tenantId !== null) bump(c.byTenant, entry.tenantId);
    if (entry.tenantId !== null && entry.units > 0 && !entry.throttled) bump(c.unitsByTenant, entry.tenantId, entry.units);
    if (entry.clientId !== null) bump(c.byApp, entry.clientId);
  }

  counters(): Counters {
    return this.#counters;
  }

  /** Newest first. */
  requests(query: LogQuery = {}): LogEntry[] {
    return select(this.#requests, query);
  }

  /** Requests that changed state, newest first; those whose answer was lost after the write included. */
  writes(query: LogQuery = {}): LogEntry[] {
    return select(this.#writes, query);
  }

  /** Forgets entries and sums. */
  clear(): void {
    this.#requests.clear();
    this.#writes.clear();
    this.#counters = emptyCounters();
  }
}

function select(ring: Ring<LogEntry>, query: LogQuery): LogEntry[] {
  const out: LogEntry[] = [];
  const limit = query.limit ?? 100;
  const path = query.path?.toLowerCase();
  for (const e of ring.newestFirst()) {
    if (out.length >= limit) break;
    if (query.tenantId !== undefined && e.tenantId !== query.tenantId) continue;
    if (query.clientId !== undefined && e.clientId !== query.clientId) continue;
    if (query.mailbox !== undefined && e.mailbox !== query.mailbox) continue;
    if (query.method !== undefined && e.method !== query.method.toUpperCase()) continue;
    if (query.status !== undefined && e.status !== query.status) continue;
    if (query.throttled !== undefined && e.throttled !== query.throttled) continue;
    if (path !== undefined && !e.path.toLowerCase().includes(path) && !(e.route ?? '').toLowerCase().includes(path)) continue;
    out.push(e);
  }
  return out;
}
