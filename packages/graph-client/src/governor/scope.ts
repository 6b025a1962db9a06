/**
 * Everything Microsoft counts together (a mailbox, a tenant's directory, the application), in this process: its windows, its requests in
 * flight, its rest, what was learned. The queues that wait for it are woken when something has changed.
 */
import type { AnswerHeaders } from '../answer-headers.js';
import { leaseMs, levelStep, recoverMs, type ExchangeAnswer, type ExchangeRequest, type Fleet, type Over } from './fleet.js';
import type { Measure, ScopeLimits } from './limits.js';
import { Meter, type Mode } from './meter.js';
import { Pulse } from './pulse.js';

/** What a request takes, by measure. */
export type Amounts = Readonly<Record<Exclude<Measure, 'inFlight'>, number>>;

/** Who waits for scopes: is told to look again. */
export interface Waiter {
  pump(): void;
}

export interface ScopeWorld {
  readonly fleet: Fleet | null;
  now(): number;
  /** How much of the scope's limits may be used at this time of day. */
  shareOf(limits: ScopeLimits): number;
  /** A rest has begun: `mine` when this process was told, otherwise the fleet said so. */
  onRest(scope: Scope, restMs: number, mine: boolean): void;
}

/** Time without requests after which what is held goes back. */
const idleMs = 1_000;
const contendedMs = 200;

const numberIn = (headers: AnswerHeaders, name: string): number | null => {
  const value = headers.get(name);
  const number = value === null ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : null;
};

export class Scope {
  readonly meters: readonly Meter[];
  readonly #unitMeters: readonly Meter[];
  readonly #pulse = new Pulse();
  readonly #blocked = new Set<Waiter>();
  /** Flows that use the scope, with their weights, and when they last did. */
  readonly #flows = new Map<string, { weight: number; at: number }>();
  #waited: Record<string, number> = {};
  #requests = 0;
  #inFlight = 0;
  #waiting = 0;
  /** Requests in flight that this process may have: all of them, or what the fleet has given it. */
  #slots: number;
  /** How many it said it could use when it last asked. */
  #slotsToldWanted = 0;
  /** How many it could have used at most since then: what is under way goes up and down with every request. */
  #slotsPeak = 0;
  #level: number;
  #levelAt: number;
  #pace = 1;
  #paceAt = 0;
  #restUntil = Number.NEGATIVE_INFINITY;
  /** The fleet has not heard of this rest yet. */
  #restUnheard: { over: Over; refused: number } | null = null;
  #mode: Mode;
  #leaseUntil = Number.NEGATIVE_INFINITY;
  #asking = false;
  #askAgain = false;
  #contended = false;
  #usedAt = Number.NEGATIVE_INFINITY;
  /** The fleet has answered once. */
  #greeted = false;
  /** The fleet knows that we are here. */
  #present = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** When the fleet is asked next by the clock; every answer says it anew. */
  #askAt = Number.POSITIVE_INFINITY;

  constructor(
    readonly limits: ScopeLimits,
    private readonly world: ScopeWorld,
  ) {
    this.meters = limits.windows.map((limit) => new Meter(limit));
    this.#unitMeters = this.meters.filter(({ limit }) => limit.measure === 'units');
    this.#level = limits.inFlight ?? Number.POSITIVE_INFINITY;
    this.#levelAt = world.now();
    this.#mode = world.fleet === null ? 'single' : world.fleet.shared ? 'shared' : 'alone';
    this.#slots = this.#mode === 'single' ? Number.POSITIVE_INFINITY : 0;
    if (this.#mode === 'alone') for (const meter of this.meters) meter.standAlone(world.now());
  }

  get restMs(): number {
    return Math.max(0, this.#restUntil - this.world.now());
  }

  /** Nothing would be lost by forgetting this scope. */
  get isIdle(): boolean {
    const now = this.world.now();
    return this.#inFlight === 0 && this.#waiting === 0 && this.#blocked.size === 0 && this.#restUntil <= now && !this.#asking && !this.#present && this.meters.every((meter) => meter.isIdle(now));
  }

  /** Milliseconds until these amounts may go; 0: now. Infinity: the waiter is woken when it is worth asking again. */
  waitMs(amounts: Amounts, waiter: Waiter, claimed: Set<Meter>): number {
    const now = this.world.now();
    if (this.#restUntil > now) return this.#block(waiter, this.#restUntil - now);
    if (this.#mode === 'shared' && now >= this.#leaseUntil) this.#expire();
    if (this.#mode === 'alone') {
      const { fleet } = this.world;
      // The fleet lends again: first it hears what was used. And nobody begins before it has heard of rests, if it can.
      if (fleet?.shared === true || (!this.#greeted && fleet?.reachable === true)) {
        this.#ask();
        return this.#block(waiter, Number.POSITIVE_INFINITY);
      }
      const greeting = this.#greeted ? 0 : (fleet?.greetingMs ?? 0);
      if (greeting > 0) return this.#block(waiter, greeting);
    }
    const share = this.world.shareOf(this.limits);
    if (this.#inFlight >= this.#inFlightMax(share, now)) {
      // What it has of the fleet lasts until that is asked again by the clock, unless it wants more than it ever said.
      if (this.#mode === 'shared' && this.#inFlight >= this.#slots && this.#slots < this.#level && this.#slotsWanted > this.#slotsToldWanted) this.#ask();
      // A share of nothing ends by the clock.
      return this.#block(waiter, share <= 0 ? 1_000 : this.#inFlight === 0 && this.#mode === 'alone' ? 500 : Number.POSITIVE_INFINITY);
    }
    let wait = 0;
    for (const meter of this.meters) {
      const amount = amounts[meter.limit.measure as keyof Amounts];
      if (amount === 0) continue;
      // Who waits for this window is before us.
      if (claimed.has(meter)) return this.#block(waiter, Number.POSITIVE_INFINITY);
      const each = meter.waitMs(amount, this.#mode === 'single' ? share * this.#pace : share, this.world.fleet?.members ?? 1, this.#mode, now);
      if (each > 0) {
        claimed.add(meter);
        wait = Math.max(wait, each);
      }
    }
    if (wait === 0) return 0;
    if (wait === Number.POSITIVE_INFINITY) this.#ask();
    return this.#block(waiter, wait);
  }

  #block(waiter: Waiter, wait: number): number {
    this.#blocked.add(waiter);
    return wait;
  }

  take(amounts: Amounts, flow: { key: string; weight: number }): void {
    const now = this.world.now();
    this.#inFlight += 1;
    this.#slotsPeak = Math.max(this.#slotsPeak, this.#slotsWanted);
    this.#requests += amounts.requests;
    this.#usedAt = now;
    this.use(flow);
    let low = false;
    for (const meter of this.meters) {
      const amount = amounts[meter.limit.measure as keyof Amounts];
      if (amount > 0) meter.take(amount, this.#mode);
      low ||= meter.isLow && now >= meter.askAt;
    }
    // While a question is under way its answer may be what is lacking: the next request looks again.
    if (this.#mode === 'shared' && low && !this.#asking) this.#ask();
  }

  /** Counts what only became known after the request had gone. */
  takeMore(amounts: Partial<Amounts>): void {
    const now = this.world.now();
    for (const meter of this.meters) {
      const amount = amounts[meter.limit.measure as keyof Amounts] ?? 0;
      if (amount > 0) meter.count(amount, this.#mode, now);
    }
  }

  /** A request was answered after `tookMs`; `small`: its body did not take the time. */
  answered(tookMs: number, small: boolean, headers: AnswerHeaders): void {
    if (small) this.#pulse.answered(tookMs);
    // Told above 0.8; from 1 on we are over.
    if ((numberIn(headers, 'x-ms-throttle-limit-percentage') ?? 0) >= 1) this.#pulse.isSlow();
    if (this.#mode === 'single' && this.limits.inFlight !== null && this.#pulse.takeSlow() && this.world.now() - this.#levelAt >= 10_000) {
      this.#level = Math.max(1, Math.ceil(this.limits.inFlight / 2), this.#level - 1);
      this.#levelAt = this.world.now();
    }
  }

  /**
   * What an answer says of resource units. SharePoint names a limit and what is left of it, from 80 % of a window on; which window it does not
   * say, so it is the one whose limit is nearest. What we count ourselves needs no second brake: only where Microsoft counts more than we do
   * is there less to be used.
   */
  unitsTold(charged: number, headers: AnswerHeaders): void {
    if (this.#unitMeters.length === 0) return;
    const units = numberIn(headers, 'x-ms-resource-unit');
    if (units !== null && units > charged) this.takeMore({ units: units - charged });
    const [limit, remaining, reset] = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'].map((name) => numberIn(headers, name));
    if (limit == null || remaining == null || reset == null) return;
    const far = (meter: Meter): number => Math.abs(Math.log(meter.limit.max / Math.max(1, limit)));
    const nearest = this.#unitMeters.reduce((a, b) => (far(b) < far(a) ? b : a));
    nearest.left(remaining, reset * 1_000, this.#mode, this.world.now());
  }

  /** A request that took these amounts is over. */
  release(amounts: Amounts): void {
    const now = this.world.now();
    this.#inFlight -= 1;
    this.#usedAt = now;
    for (const meter of this.meters) {
      const amount = amounts[meter.limit.measure as keyof Amounts];
      if (amount > 0) meter.landed(amount, now);
    }
    this.#wake();
    this.#lookAgain(idleMs);
  }

  /** A flow has something to send here. */
  use({ key, weight }: { key: string; weight: number }): void {
    const now = this.world.now();
    const flow = this.#flows.get(key);
    if (flow === undefined) this.#flows.set(key, { weight, at: now });
    else {
      flow.weight = weight;
      flow.at = now;
    }
  }

  /** Requests that wait here came or went. */
  waiting(change: number): void {
    this.#waiting += change;
    this.#slotsPeak = Math.max(this.#slotsPeak, this.#slotsWanted);
  }

  waited(workload: string, ms: number): void {
    this.#waited[workload] = (this.#waited[workload] ?? 0) + ms;
  }

  /** Microsoft told this process to wait. */
  rest(ms: number, over: Over): void {
    const now = this.world.now();
    const resting = this.#restUntil > now;
    this.#restUntil = Math.max(this.#restUntil, now + ms);
    // Requests that were in flight together are refused together: that is one lesson, not several.
    if (!resting && this.#mode !== 'shared') {
      if (over !== 'window' && this.limits.inFlight !== null) {
        this.#level = Math.max(1, Math.floor(this.#level / 2));
        this.#levelAt = now;
      }
      if (over !== 'inFlight') {
        this.#pace = Math.max(0.1, this.#pace * 0.9);
        this.#paceAt = now;
      }
    }
    this.#restUnheard = { over, refused: (this.#restUnheard?.refused ?? 0) + 1 };
    this.world.onRest(this, ms, true);
    this.#tellRest();
  }

  /** Another process was told to wait. */
  restWith(ms: number): void {
    const until = this.world.now() + ms;
    if (until <= this.#restUntil) return;
    this.#restUntil = until;
    this.world.onRest(this, ms, false);
    this.#tick(ms + 1);
  }

  /** The fleet can be asked now, or cannot; `lost`: it has forgotten what it was told. */
  turn(lost: boolean): void {
    const { fleet } = this.world;
    if (fleet === null) return;
    const now = this.world.now();
    if (lost) for (const meter of this.meters) meter.forgotten();
    if (!fleet.shared && this.#mode === 'shared') {
      this.#mode = 'alone';
      for (const meter of this.meters) meter.standAlone(now);
    }
    this.#tellRest();
    // Also while nothing is lent yet, so that everybody's use is known when it begins.
    if (fleet.reachable && (this.meters.some((meter) => meter.used(now) > 0) || this.#inFlight > 0 || this.#blocked.size > 0)) this.#ask();
    this.#wake();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #inFlightMax(share: number, now: number): number {
    const { inFlight } = this.limits;
    if (this.#mode === 'single') this.#recover(now);
    if (inFlight === null) return share > 0 ? Number.POSITIVE_INFINITY : 0;
    const shared = share <= 0 ? 0 : Math.max(1, Math.floor(Math.min(this.#level, inFlight) * share));
    if (this.#mode === 'single') return shared;
    if (this.#mode === 'shared') return Math.min(shared, this.#slots);
    // Cut off: what it had; who had none takes an equal part, where there is one.
    return Math.min(shared, this.#slots > 0 ? this.#slots : Math.floor(inFlight / Math.max(2, this.world.fleet?.members ?? 2)));
  }

  /** What was learned, a little better with every while without a refusal, also when nobody asked meanwhile. */
  #recover(now: number): void {
    const { inFlight } = this.limits;
    const steps = (since: number): number => Math.floor((now - since) / recoverMs);
    if (inFlight !== null && this.#level < inFlight && steps(this.#levelAt) > 0) {
      this.#level = Math.min(inFlight, this.#level + levelStep(inFlight) * steps(this.#levelAt));
      this.#levelAt = now;
    }
    if (this.#pace < 1 && steps(this.#paceAt) > 0) {
      this.#pace = Math.min(1, this.#pace + 0.05 * steps(this.#paceAt));
      this.#paceAt = now;
    }
  }

  /** Requests that could be in flight if they might. */
  get #slotsWanted(): number {
    return Math.min(this.limits.inFlight ?? Number.POSITIVE_INFINITY, this.#inFlight + this.#waiting);
  }

  /** The lease ran out before the fleet could be asked again. */
  #expire(): void {
    for (const meter of this.meters) meter.expire();
    this.#slots = Math.min(this.#slots, this.#inFlight);
    this.#ask();
  }

  #tellRest(): void {
    const { fleet } = this.world;
    const unheard = this.#restUnheard;
    const left = this.restMs;
    if (fleet === null || unheard === null || !fleet.reachable) return;
    this.#restUnheard = null;
    if (left <= 0) return;
    const { inFlight } = this.limits;
    void fleet.rest({ ...this.#place(), restMs: Math.ceil(left), ...unheard, ...(inFlight === null ? {} : { slots: inFlight }) }).then((heard) => {
      if (!heard) this.#restUnheard ??= unheard;
    });
  }

  #place(): { key: string; tenantId: string; about: string } {
    const { key, tenantId, kind, resource, windows, inFlight } = this.limits;
    return { key, tenantId, about: JSON.stringify({ kind, resource, limits: windows, inFlight }) };
  }

  /** Tells the fleet and asks for what is needed; one question at a time. */
  #ask(): void {
    const { fleet } = this.world;
    if (fleet?.reachable !== true) return;
    if (this.#asking) {
      this.#askAgain = true;
      return;
    }
    const now = this.world.now();
    const dueAt = Math.max(0, ...this.meters.map((meter) => (meter.need > 0 ? meter.askAt : 0)));
    if (dueAt > now && this.#leaseUntil - now > leaseMs / 2 && this.#inFlight < this.#slots) {
      this.#tick(Math.min(dueAt, this.#leaseUntil - leaseMs / 2) - now);
      return;
    }
    void this.#exchange(fleet, now);
  }

  async #exchange(fleet: Fleet, sentAt: number): Promise<void> {
    this.#asking = true;
    this.#askAgain = false;
    for (const [key, { at }] of this.#flows) if (sentAt - at > 2 * idleMs && this.#waiting === 0) this.#flows.delete(key);
    const active = this.#inFlight > 0 || this.#waiting > 0 || sentAt - this.#usedAt < idleMs;
    const share = this.world.shareOf(this.limits);
    const cutOff = this.#mode === 'alone' && !fleet.shared;
    const told = this.meters.map((meter) => ({ meter, asked: meter.ask(share, active, cutOff ? fleet.members : null, sentAt) }));
    const { inFlight } = this.limits;
    const waited = this.#waited;
    const requests = this.#requests;
    this.#waited = {};
    this.#requests = 0;
    // Where others want them too, what it could use right now.
    const want = !active ? 0 : this.#contended ? this.#slotsWanted : Math.max(this.#slotsPeak, this.#slotsWanted);
    this.#slotsPeak = 0;
    this.#slotsToldWanted = want;
    const had = Math.max(this.#inFlight, this.#inFlightMax(share, sentAt));
    const request: ExchangeRequest = {
      ...this.#place(),
      flows: active ? Object.fromEntries([...this.#flows].map(([key, { weight }]) => [key, weight])) : {},
      windows: told.map(({ asked }) => asked),
      ...(inFlight === null ? {} : { slots: { max: share <= 0 ? 1 : Math.max(1, Math.floor(inFlight * share)), have: active ? Math.min(had, inFlight) : 0, want, slow: this.#pulse.takeSlow() } }),
      requests,
      waited,
      leave: !active,
    };
    if (!active) this.#slots = 0;
    const answer = await fleet.exchange(request);
    this.#asking = false;
    if (answer === null) {
      // What was told is told again: rather twice than never.
      for (const [workload, ms] of Object.entries(waited)) this.waited(workload, ms);
      this.#requests += requests;
      if (this.#askAgain) this.#ask();
      return;
    }
    const now = this.world.now();
    for (const [index, { meter, asked }] of told.entries()) meter.heard(asked, answer.windows[index] ?? { got: 0, wait: 0, counted: 0 }, now);
    this.#heard(fleet, answer, active, sentAt);
  }

  #heard(fleet: Fleet, answer: ExchangeAnswer, active: boolean, sentAt: number): void {
    this.#present = active;
    this.#greeted = true;
    this.#leaseUntil = sentAt + leaseMs;
    this.#askAt = Number.POSITIVE_INFINITY;
    this.#contended = answer.contended;
    if (answer.level !== undefined) this.#level = answer.level;
    if (fleet.shared) {
      this.#mode = 'shared';
      if (this.limits.inFlight === null) this.#slots = Number.POSITIVE_INFINITY;
      else this.#slots = answer.slots ?? 0;
    }
    if (answer.rest > 0) this.restWith(answer.rest);
    this.#wake();
    const waits = this.meters.filter((meter) => meter.need > 0 && meter.askAt > 0).map((meter) => Math.max(1, meter.askAt - this.world.now()));
    if (this.#askAgain && waits.length === 0) this.#ask();
    else this.#tick(Math.min(...waits, this.#contended || this.#slots < Math.min(this.#level, Math.max(this.#inFlight, this.#slotsToldWanted)) ? contendedMs : active ? leaseMs / 3 : Number.POSITIVE_INFINITY));
  }

  /** Looks again, and asks the fleet again, after `ms` at the latest. */
  #tick(ms: number): void {
    this.#askAt = Math.min(this.#askAt, this.world.now() + ms);
    this.#lookAgain(ms);
  }

  /** Looks again after `ms` at the latest. The fleet is not asked when that is not due and requests are about. */
  #lookAgain(ms: number): void {
    const at = this.world.now() + ms;
    if (!Number.isFinite(ms) || (this.#timer !== undefined && this.#timerAt <= at)) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#wake();
      if (this.#mode === 'single' || !(this.#present || this.#inFlight > 0 || this.#blocked.size > 0)) return;
      const now = this.world.now();
      const rested = this.#inFlight === 0 && this.#waiting === 0;
      const idleAt = this.#usedAt + idleMs;
      if (now >= this.#askAt || (rested && now >= idleAt)) this.#ask();
      else this.#lookAgain(Math.min(this.#askAt, rested ? idleAt : Number.POSITIVE_INFINITY) - now);
    }, ms);
    this.#timer.unref();
  }

  #wake(): void {
    const waiters = [...this.#blocked];
    this.#blocked.clear();
    for (const waiter of waiters) waiter.pump();
  }
}
