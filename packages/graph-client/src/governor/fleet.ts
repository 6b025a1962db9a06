/**
 * The fleet as one process sees it: whether the others can be asked, whether Redis still knows what it knew, and who rests. Redis away or
 * emptied is noticed within half a second; what may be sent meanwhile is meter.ts's to say.
 */
import { randomBytes } from 'node:crypto';
import { exchangeScript, helloScript, leaveScript, listScript, readScript, restScript, type Script } from './lease-scripts.js';

/** What the fleet needs of Redis: scripts, each in one round trip that fails soon when Redis is away, and announcements. */
export interface FleetStore {
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** Also after Redis was away. */
  subscribe(channel: string, heard: (message: string) => void): void;
}

/** What is said to people who watch. */
export interface FleetObserver {
  /** Called with each turn: `false` means every process keeps to a careful share of its own, and `cause` is what Redis said last (null: it was emptied, or all is well). */
  onShared?(shared: boolean, cause: unknown): void;
  onExchange?(tookMs: number, reached: boolean): void;
}

/** How a scope is shown; kept in Redis for whoever reads it there. */
export interface ScopeAbout {
  kind: string;
  resource: string | null;
  limits: { name: string; measure: string; max: number; windowMs: number }[];
  inFlight: number | null;
}

export interface ExchangeRequest {
  key: string;
  tenantId: string;
  /** A ScopeAbout as JSON. */
  about: string;
  /** Weights of the flows that use the scope here. */
  flows: Record<string, number>;
  /** `past`: what was used and not told before, as [age in milliseconds, amount]. `beyond`: what Microsoft counts besides, and for how many milliseconds; it stands in for what was said of that before. */
  windows: { n: string; ms: number; max: number; even?: true; past: [number, number][]; have: number; need: number; want: number; beyond?: readonly [number, number] }[];
  slots?: { max: number; have: number; want: number; slow: boolean };
  requests: number;
  waited: Record<string, number>;
  /** Nothing is held and nothing wanted any more. */
  leave: boolean;
}

export interface RestRequest {
  key: string;
  tenantId: string;
  about: string;
  restMs: number;
  /** Which limit was named by the refusal. */
  over: Over;
  /** Answers that said so; 0 when the fleet is only told again. */
  refused: number;
  /** Published requests in flight, where there is such a limit. */
  slots?: number;
}
export type Over = 'window' | 'inFlight' | 'unknown';

export interface ExchangeAnswer {
  rest: number;
  pace: number;
  /** `counted`: what all have used, and the others hold. */
  windows: { got: number; wait: number; counted: number }[];
  slots?: number;
  level?: number;
  contended: boolean;
}

export interface ScopeReading {
  about: ScopeAbout;
  windows: { name: string; windowMs: number; used: number; held: number }[];
  slots: number;
  level?: number;
  pace: number;
  restMs: number;
  processes: number;
  lately: { requests: number; refused: number; waited: Record<string, number> };
}

/** How long a lease lasts from before it was asked for. */
export const leaseMs = 6_000;
/** Time without a refusal after which what was learned is loosened by a step: a twentieth of the windows, and of requests in flight as many as `levelStep` says. */
export const recoverMs = 30_000;
export const levelStep = (inFlight: number): number => Math.max(1, Math.floor(inFlight / 8));
const helloMs = 500;
const aliveMs = 3_000;
/** After Redis was away or emptied nothing is lent for this long, until everybody has told what they used: hello, reconnection, and some. */
const settleMs = 2_500;
const greetMs = 3_000;

export interface Fleet {
  /** Whether permits can be had of the fleet now. */
  readonly shared: boolean;
  /** Whether exchanges reach Redis, be it only to tell what was used. */
  readonly reachable: boolean;
  /** How long a process that has just begun still waits for Redis, milliseconds: who sends before asking knows of no rest. */
  readonly greetingMs: number;
  /** Processes known to be there, at least one. */
  readonly members: number;
  /** Null: it did not reach Redis, or Redis has forgotten; the fleet's state has turned then. */
  exchange(request: ExchangeRequest): Promise<ExchangeAnswer | null>;
  /** Resolves to whether the fleet has heard of it. */
  rest(request: RestRequest): Promise<boolean>;
  /** Both are called once, by the governor. */
  onTurn(turned: (lost: boolean) => void): void;
  onRest(rests: (key: string, restMs: number) => void): void;
  close(): Promise<void>;
}

/** `prefix` keeps platforms that share a Redis apart. */
export function joinFleet(store: FleetStore, prefix: string, observer: FleetObserver = {}): Fleet {
  const pid = randomBytes(8).toString('hex');
  const keys = fleetKeys(prefix);
  const begun = performance.now();
  let epoch = '';
  let reachable = false;
  let settledAt = Number.POSITIVE_INFINITY;
  let told: boolean | null = null;
  let members = 1;
  let closed = false;
  let cause: unknown = null;
  let timer: NodeJS.Timeout | undefined;
  let turned: (lost: boolean) => void = () => undefined;
  let rests: (key: string, restMs: number) => void = () => undefined;

  const isShared = (): boolean => reachable && performance.now() >= settledAt;
  const turn = (lost: boolean): void => {
    if (closed) return;
    const shared = isShared();
    if (shared !== told) observer.onShared?.(shared, shared ? null : cause);
    told = shared;
    turned(lost);
  };
  const away = (): void => {
    if (!reachable) return;
    reachable = false;
    turn(false);
  };
  const ask = async (script: Script, scriptKeys: readonly string[], request: object, ...more: string[]): Promise<string | null> => {
    const began = performance.now();
    try {
      const answer = await store.run(script, scriptKeys, [JSON.stringify(request), ...more]);
      observer.onExchange?.(performance.now() - began, true);
      cause = null;
      return String(answer);
    } catch (error) {
      // It is said once (onShared), and hello finds out when Redis is back.
      cause = error;
      observer.onExchange?.(performance.now() - began, false);
      return null;
    }
  };
  /** What Redis says of itself, from any answer. */
  const look = (said: { epoch: string; settle: number }): void => {
    const lost = epoch !== said.epoch;
    epoch = said.epoch;
    if (said.settle > 0) settledAt = performance.now() + said.settle;
    else if (lost || settledAt === Number.POSITIVE_INFINITY) settledAt = performance.now();
    if (lost || told !== isShared()) turn(lost);
  };
  const hello = async (): Promise<void> => {
    const back = !reachable && epoch !== '';
    const answer = await ask(helloScript, [keys.epoch, keys.members], { pid, back, settleMs, aliveMs });
    if (closed) return;
    if (answer === null) away();
    else {
      const said = JSON.parse(answer) as { epoch: string; settle: number; members: number };
      // A Redis that was emptied has not heard of all of them yet, and they share what is left.
      members = Math.max(1, said.members, said.settle > 0 || back ? members : 0);
      const again = !reachable;
      reachable = true;
      look(said);
      if (again) turn(false);
    }
    const settling = settledAt - performance.now();
    timer = setTimeout(() => void hello(), reachable && settling > 0 ? Math.min(helloMs, settling + 1) : helloMs);
    timer.unref();
  };
  store.subscribe(keys.rests, (message) => {
    const { key, pid: from, restMs } = JSON.parse(message) as { key: string; pid: string; restMs: number };
    if (from !== pid) rests(key, restMs);
  });
  void hello();

  return {
    get shared() {
      return isShared();
    },
    get reachable() {
      return reachable;
    },
    get greetingMs() {
      return epoch === '' ? Math.max(0, begun + greetMs - performance.now()) : 0;
    },
    get members() {
      return members;
    },
    async exchange({ tenantId, ...request }) {
      const answer = await ask(exchangeScript, [keys.epoch, keys.scope(request.key), keys.tenant(tenantId)], { pid, epoch, leaseMs, recoverMs, ...request, ...(request.slots === undefined ? {} : { slots: { ...request.slots, step: levelStep(request.slots.max) } }) });
      if (answer === null) {
        away();
        return null;
      }
      const said = JSON.parse(answer) as ExchangeAnswer & { stale?: boolean; epoch: string; settle: number };
      if (said.stale === true) {
        // Redis was emptied: hello makes the new epoch, and everything is told anew.
        away();
        return null;
      }
      look(said);
      return said;
    },
    rest: async ({ tenantId, ...request }) => (await ask(restScript, [keys.scope(request.key), keys.tenant(tenantId)], { pid, ...request }, keys.rests)) !== null,
    onTurn: (each) => {
      turned = each;
      if (told !== null) each(false);
    },
    onRest: (each) => {
      rests = each;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      if (reachable) await ask(leaveScript, [keys.members], { pid });
    },
  };
}

const fleetKeys = (prefix: string) => ({
  epoch: `${prefix}:governor:epoch`,
  members: `${prefix}:governor:members`,
  rests: `${prefix}:governor:rests`,
  scope: (key: string) => `${prefix}:governor:scope:${key}`,
  tenant: (tenantId: string) => `${prefix}:governor:tenant:${tenantId}`,
});

/** The scopes of a tenant that were used in the last quarter of an hour, the latest first. */
export async function readScopes(store: FleetStore, prefix: string, tenantId: string): Promise<ScopeReading[]> {
  const keys = fleetKeys(prefix);
  const listed = JSON.parse(String(await store.run(listScript, [keys.tenant(tenantId)], []))) as string[] | Record<string, never>;
  if (!Array.isArray(listed) || listed.length === 0) return [];
  const read = JSON.parse(String(await store.run(readScript, listed.map(keys.scope), ['{}']))) as (Omit<ScopeReading, 'about' | 'windows'> & { about: string; windows: ScopeReading['windows'] | Record<string, never> })[];
  return read.map((each) => ({ ...each, about: JSON.parse(each.about) as ScopeAbout, windows: Array.isArray(each.windows) ? each.windows : [] }));
}
