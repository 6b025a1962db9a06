/**
 * One window of one scope in this process. Alone in the world it counts for itself. In a fleet it spends what Redis has lent. Cut off from
 * the fleet it keeps to what it had: the parts of all processes together are no more than the limit, whatever Redis knows.
 */
import type { ExchangeAnswer, ExchangeRequest } from './fleet.js';
import { plannedShare, type KeptLimit } from './limits.js';
import { SlidingWindow, slicesPerWindow } from './sliding-window.js';

/** `alone`: there is a fleet, and it cannot be asked now. */
export type Mode = 'single' | 'shared' | 'alone';

/** Of every limit, what all processes that are cut off and had nothing may use together: nobody stands still for long. */
const aloneReserve = 0.01;
/** Use is told by its age, this often apart: a window is shortened by what is told of it too late. */
const toldPerWindow = 200;
/** Of a block, what is left when it counts as begun. */
const begunShare = 0.75;

export class Meter {
  readonly #window: SlidingWindow;
  /** Lent and not used yet. */
  #stock = 0;
  /** Of requests under way: Microsoft counts each when it arrives, which is known to have been once it is answered. */
  #flying = 0;
  /** Used and not heard of by the fleet: what was used at about one time together, with the latest moment of it and the question that tells it. */
  #untold: { readonly since: number; at: number; amount: number; readonly question: number }[] = [];
  /** The question that is asked next. */
  #question = 0;
  /** What the fleet may not know is older than that: all since then is told again. */
  #unheardSince: number | null = null;
  /** What was used before was told; `#asked` when it was told last, heard or not. */
  #told = 0;
  #asked = 0;
  /** How much is asked for beyond what is needed at once. */
  #block: number;
  #askedAt = Number.NEGATIVE_INFINITY;
  #part = 0;
  #aloneAt = 0;
  /** Of the window, what the fleet had used and others held when it last answered. */
  #counted = 0;
  /** What Microsoft counts beyond what we know of: a program that has our application too, a request that costs more than is published. */
  #beyond = 0;
  #beyondUntil = Number.NEGATIVE_INFINITY;
  #beyondUntold = false;
  /** What the request at the head lacks; 0: nobody waits for the fleet. */
  need = 0;
  /** Before this moment the fleet has nothing more to say. */
  askAt = 0;

  constructor(readonly limit: KeptLimit) {
    this.#window = new SlidingWindow(limit.windowMs);
    this.#block = this.max / 1_000;
  }

  /** How much of the published number is planned with. */
  get max(): number {
    return Math.ceil(this.limit.max * plannedShare);
  }

  /** In the window, and of requests that may still arrive. */
  used(now: number): number {
    return this.#window.used(now) + this.#flying;
  }

  /** Nothing is kept here that the fleet or we would miss. */
  isIdle(now: number): boolean {
    return this.#stock === 0 && this.used(now) === 0;
  }

  /** Milliseconds until `amount` may go; Infinity: when the fleet has lent more. `share`: how much of the limit may be used now. */
  waitMs(amount: number, share: number, members: number, mode: Mode, now: number): number {
    const max = this.max * share;
    if (amount > 0 && max <= 0) return 1_000;
    if (mode === 'single') {
      const room = max - (now < this.#beyondUntil ? this.#beyond : 0);
      if (room === max) return this.#ownWaitMs(amount, max, now);
      return Math.min(this.#beyondUntil - now, amount > room ? Number.POSITIVE_INFINITY : this.#ownWaitMs(amount, room, now));
    }
    if (mode === 'shared') {
      if (this.#stock >= Math.min(amount, Math.floor(max))) return 0;
      this.need = Math.max(this.need, Math.min(amount, Math.floor(max)));
      return Number.POSITIVE_INFINITY;
    }
    const mine = Math.min(max, this.#aloneMax(members, now));
    return amount > mine ? Math.min(1_000, this.limit.windowMs) : this.#ownWaitMs(amount, mine, now);
  }

  /** By our own count alone. Infinity: when a request has been answered, which wakes who waits. */
  #ownWaitMs(amount: number, max: number, now: number): number {
    const room = max - this.#flying;
    return this.#flying > 0 && amount > room ? Number.POSITIVE_INFINITY : this.#window.waitMs(amount, room, now);
  }

  /**
   * What a cut off process may have in its window. At first its part: what it had used and held, which the others cannot have. After a
   * window's length the larger parts shrink to an equal one, and after another all have that one, whatever they had.
   */
  #aloneMax(members: number, now: number): number {
    const equal = this.max / members;
    const since = now - this.#aloneAt;
    const part = since < this.limit.windowMs ? this.#part : since < 2 * this.limit.windowMs ? Math.min(this.#part, equal) : equal;
    return Math.max(part, (this.limit.max * aloneReserve) / members);
  }

  /** A request goes; `landed` is called once for it. */
  take(amount: number, mode: Mode): void {
    this.#flying += amount;
    if (mode === 'shared') this.#stock = Math.max(0, this.#stock - amount);
  }

  /** It was answered, or nobody waits for its answer any more: from now on it leaves the window in time. */
  landed(amount: number, now: number): void {
    this.#flying -= amount;
    this.#window.use(amount, now);
    const last = this.#untold.at(-1);
    if (last !== undefined && last.question === this.#question && now - last.since < this.limit.windowMs / toldPerWindow) {
      last.amount += amount;
      last.at = now;
      return;
    }
    this.#untold.push({ since: now, at: now, amount, question: this.#question });
    // What has left the window, the fleet does not miss: it was cut off for that long.
    if ((this.#untold[0]?.at ?? now) + this.limit.windowMs < now) this.#untold.shift();
  }

  /** Counts what has arrived. */
  count(amount: number, mode: Mode, now: number): void {
    this.take(amount, mode);
    this.landed(amount, now);
  }

  /**
   * Microsoft says what is left, and that all of it is free again after `resetMs`. It corrects our count, where ours is the lower one, until
   * it is said anew; whoever is cut off has its part, which is less.
   */
  left(remaining: number, resetMs: number, mode: Mode, now: number): void {
    if (mode === 'alone') return;
    const counted = (mode === 'single' ? this.#window.used(now) : this.#counted + this.#untold.reduce((sum, { amount }) => sum + amount, 0)) + this.#flying;
    this.#beyond = Math.max(0, this.max - counted - remaining);
    this.#beyondUntil = now + resetMs;
    this.#beyondUntold = true;
  }

  /** More would be wanted soon, though nobody waits. */
  get isLow(): boolean {
    return this.#stock < this.#block / 2;
  }

  /** From here on the fleet cannot be asked. */
  standAlone(now: number): void {
    // Our slices and Redis's do not begin together: an edge of each may be counted by two processes. What is at its end here may be lent again there.
    this.#part = (this.#window.usedWithin(now) + this.#flying + this.#stock) * (1 - 2 / slicesPerWindow);
    this.#aloneAt = now;
    this.#stock = 0;
    this.#unheardSince ??= this.#told;
    this.need = 0;
  }

  /** The fleet has forgotten what it was told. */
  forgotten(): void {
    this.#unheardSince = Number.NEGATIVE_INFINITY;
  }

  /** What it tells and asks. `active`: requests are about, so a block beyond the need is worth having. `members`: not null while it is cut off, when what it may still use counts as held. */
  ask(share: number, active: boolean, members: number | null, now: number): ExchangeRequest['windows'][number] {
    // Blocks grow while half of them lasts less than half a second, and shrink while it lasts more than two. Whatever it is asked for, a question fills up what has been begun: the next one is later then.
    const cap = Math.max(1, this.max / 50);
    const wants = active && now >= this.askAt && (this.need > 0 || this.#stock < this.#block * begunShare);
    if (wants) {
      const spent = Math.max(this.#block - this.#stock, this.#block * (1 - begunShare));
      const halfLasts = ((now - this.#askedAt) * this.#block) / 2 / spent;
      // Of the first one nothing is known.
      if (Number.isFinite(halfLasts)) this.#block = Math.min(cap, Math.max(1, halfLasts < 500 ? this.#block * 2 : halfLasts > 2_000 ? this.#block / 2 : this.#block));
      this.#askedAt = now;
    }
    if (!active) this.#stock = 0;
    // What it uses by itself leaves the window and is used again before it is told: all of its part is held until it asks for more.
    const have = members === null ? this.#stock + this.#flying : Math.max(this.#flying, Math.ceil(this.#aloneMax(members, now)));
    this.#asked = now;
    const need = Math.max(0, Math.ceil(this.need - this.#stock));
    const past = this.#unheardSince === null ? this.#untold.map(({ at, amount }): [number, number] => [Math.max(0, Math.floor(now - at)), amount]) : this.#window.ages(now, this.#unheardSince);
    this.#question += 1;
    const beyond = this.#beyondUntold ? { beyond: [Math.ceil(this.#beyond), Math.max(0, Math.ceil(this.#beyondUntil - now))] as const } : {};
    // Should this be lost, the next answer says it again.
    this.#beyondUntold = false;
    return { n: this.limit.name, ms: this.limit.windowMs, max: this.max * share, ...(this.limit.even ? { even: true as const } : {}), past, have, need, want: wants ? need + Math.max(0, Math.floor(this.#block - this.#stock)) : 0, ...beyond };
  }

  /** The fleet has heard what `asked` said, and answered: before the next question, or never. */
  heard(asked: ExchangeRequest['windows'][number], answer: ExchangeAnswer['windows'][number], now: number): void {
    this.#untold = this.#untold.filter(({ question }) => question === this.#question);
    this.#told = this.#asked;
    this.#unheardSince = null;
    this.#stock += answer.got;
    this.#counted = answer.counted;
    this.need = 0;
    this.askAt = answer.got < asked.want ? now + answer.wait : 0;
  }

  /** A lease that ran out is spent or lost; it is not ours any more. */
  expire(): void {
    this.#stock = 0;
  }
}
