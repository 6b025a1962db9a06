import type { GraphService } from '../../http/route.js';
import type { ScalableClock } from '../clock.js';
import type { SeededIds } from '../ids.js';
import { directoryUnits, fileUnits, noLimits, publishedLimits, type Latency, type LimitProfile, type Rate } from './profile.js';
import { SlidingWindow } from './sliding-window.js';

/** A request as the limits see it. */
export interface Charge {
  tenantId: string;
  tenantUsers: number;
  clientId: string;
  service: GraphService;
  /** The mailbox that pays, for Outlook. */
  mailbox: string | null;
  /** Resource units, for the directory and for files. */
  units: number;
  /** Shares something, for files. */
  sharing?: boolean;
  write: boolean;
  /** The report's name, for reports. */
  report: string | null;
  /** Announced body length; 0 when unknown. */
  contentLength: number;
}

/** Told to wait: what the 429 says. */
export interface Throttle { code: string; innerCode?: string; message: string; retryAfterMs: number; headers: Record<string, string> }

/** Let through: `headers` go on the answer, `upload` counts body bytes as they arrive, `leave` must be called once when the answer is out. */
export interface Admission { headers: Record<string, string>; upload: (bytes: number) => void; leave: () => void }

const free: Admission = { headers: {}, upload: () => undefined, leave: () => undefined };

/**
 * Graph's throttling limits, per tenant switchable at run time. Windows run on the simulated clock and are shortened by
 * `timeScale` (60 turns ten minutes into ten seconds with the same numbers). Refused requests count like the others.
 */
export class Limits {
  #default: LimitProfile;
  #latency: Latency = { fixedMs: 0, jitterMs: 0 };
  #timeScale: number;
  readonly #profiles = new Map<string, LimitProfile>();
  readonly #latencies = new Map<string, Latency>();
  readonly #windows = new Map<string, SlidingWindow>();
  readonly #inFlight = new Map<string, number>();

  constructor(private readonly clock: ScalableClock, private readonly ids: SeededIds, options: { profile?: LimitProfile; timeScale?: number } = {}) {
    this.#default = options.profile ?? noLimits;
    this.#timeScale = options.timeScale ?? 1;
  }

  get timeScale(): number {
    return this.#timeScale;
  }

  /** Changes the length of every window; what was counted so far is forgotten. */
  setTimeScale(scale: number): void {
    if (!(scale > 0) || !Number.isFinite(scale)) throw new RangeError('The time scale of limits is a number above zero');
    this.#timeScale = scale;
    this.#windows.clear();
  }

  /** Sets the profile of one tenant, or of all tenants without their own; what was counted so far is forgotten. */
  setProfile(profile: LimitProfile, tenantId?: string): void {
    if (tenantId === undefined) {
      this.#default = profile;
      this.#profiles.clear();
    } else {
      this.#profiles.set(tenantId, profile);
    }
    this.#windows.clear();
  }

  setLatency(latency: Latency, tenantId?: string): void {
    if (tenantId === undefined) {
      this.#latency = latency;
      this.#latencies.clear();
    } else {
      this.#latencies.set(tenantId, latency);
    }
  }

  profileOf(tenantId: string): LimitProfile {
    return this.#profiles.get(tenantId) ?? this.#default;
  }

  /** Real milliseconds this answer shall take. */
  latencyMs(tenantId: string): number {
    const { fixedMs, jitterMs } = this.#latencies.get(tenantId) ?? this.#latency;
    return jitterMs === 0 ? fixedMs : fixedMs + jitterMs * this.ids.random();
  }

  describe(): Record<string, unknown> {
    return {
      timeScale: this.#timeScale,
      default: this.#default,
      latency: this.#latency,
      tenants: Object.fromEntries(this.#profiles),
      tenantLatencies: Object.fromEntries(this.#latencies),
      inFlight: Object.fromEntries(this.#inFlight),
    };
  }

  /** Seconds for Retry-After: what the client has to wait on its own clock, whatever the simulated one does. */
  retryAfterSeconds(throttle: Throttle): number {
    return Math.max(1, Math.ceil(throttle.retryAfterMs / (this.clock.scale === 0 ? 1 : this.clock.scale) / 1000));
  }

  /** Counts a request and says whether it may go on. */
  admit(charge: Charge): Admission | Throttle {
    const profile = this.profileOf(charge.tenantId);
    if (profile === noLimits) return free;
    const now = this.clock.now();
    const over = this.#take('global', charge.clientId, profile.global, 1, now);
    if (over > 0) return { code: 'TooManyRequests', message: 'Too many requests.', retryAfterMs: over, headers: {} };
    switch (charge.service) {
      case 'outlook': return this.#outlook(charge, profile, now);
      case 'directory': return this.#directory(charge, profile, now);
      case 'reports': {
        const wait = this.#take('reports', `${charge.clientId} ${charge.tenantId} ${charge.report ?? ''}`, profile.reports, 1, now);
        return wait > 0 ? { code: 'TooManyRequests', message: 'Too many requests from the application for this report.', retryAfterMs: wait, headers: {} } : free;
      }
      case 'files': return this.#files(charge, profile, now);
      case 'teams':
        return free;
    }
  }

  #outlook(charge: Charge, profile: LimitProfile, now: number): Admission | Throttle {
    if (charge.mailbox === null) return free;
    const { requests, concurrent, uploadBytes } = profile.outlook;
    const key = `${charge.clientId} ${charge.mailbox}`;
    const refuse = (what: string, retryAfterMs: number): Throttle =>
      ({ code: 'ApplicationThrottled', message: `Application is over its ${what} limit.`, retryAfterMs, headers: {} });
    const wait = this.#take('outlook', key, requests, 1, now);
    if (wait > 0) return refuse('RequestCount', wait);
    const upload = uploadBytes === null || !charge.write ? null : this.#window('upload', key, uploadBytes.windowMs, now);
    if (upload !== null && uploadBytes !== null) {
      const used = upload.used(now);
      // One request larger than the whole budget would otherwise never pass.
      if (used > 0 && used + charge.contentLength > uploadBytes.max) {
        return refuse('IncomingBytes', upload.msUntil(Math.max(0, uploadBytes.max - charge.contentLength), now));
      }
    }
    const inFlight = this.#inFlight.get(key) ?? 0;
    if (concurrent !== null && inFlight >= concurrent) return refuse('MailboxConcurrency', 1000);
    this.#inFlight.set(key, inFlight + 1);
    let left = false;
    return {
      headers: {},
      upload: (bytes) => { upload?.add(bytes, this.clock.now()); },
      leave: () => {
        if (left) return;
        left = true;
        const n = (this.#inFlight.get(key) ?? 1) - 1;
        if (n === 0) this.#inFlight.delete(key);
        else this.#inFlight.set(key, n);
      },
    };
  }

  #directory(charge: Charge, profile: LimitProfile, now: number): Admission | Throttle {
    const { units, writes } = profile.directory;
    const key = `${charge.clientId} ${charge.tenantId}`;
    const headers: Record<string, string> = { 'x-ms-resource-unit': String(charge.units) };
    const refuse = (scope: string, information: string, retryAfterMs: number): Throttle => ({
      code: 'TooManyRequests',
      message: 'Your request is throttled temporarily. Please try again after the time given by the Retry-After header.',
      retryAfterMs,
      headers: { ...headers, 'x-ms-throttle-scope': `Tenant_Application/${scope}/${charge.clientId}/${charge.tenantId}`, 'x-ms-throttle-information': information },
    });
    if (charge.write) {
      const wait = this.#take('directoryWrites', key, writes, 1, now);
      if (wait > 0) return refuse('Write', 'WriteLimitExceeded', wait);
    }
    if (units !== null) {
      const max = units.max === 'bySize' ? directoryUnits(charge.tenantUsers) : units.max;
      const wait = this.#take('directoryUnits', key, { max, windowMs: units.windowMs }, charge.units, now);
      const share = this.#window('directoryUnits', key, units.windowMs, now).used(now) / max;
      if (share > 0.8) headers['x-ms-throttle-limit-percentage'] = Math.min(1.8, share).toFixed(1);
      if (wait > 0) return refuse('ReadWrite', 'ResourceUnitLimitExceeded', wait);
    }
    return { ...free, headers };
  }

  /** Above 80 % of the minute's units every answer says how many are left (graph/files.md 10.2). */
  #files(charge: Charge, profile: LimitProfile, now: number): Admission | Throttle {
    const { units, sharing } = profile.files;
    const key = `${charge.clientId} ${charge.tenantId}`;
    const headers: Record<string, string> = { 'x-ms-resource-unit': String(charge.units) };
    const refuse = (retryAfterMs: number): Throttle => ({ code: 'activityLimitReached', innerCode: 'throttledRequest', message: 'The request has been throttled', retryAfterMs, headers });
    let wait = charge.sharing === true ? this.#take('sharing', key, sharing, 1, now) : 0;
    if (units !== null) {
      const { perMinute, perDay } = units === 'bySize' ? fileUnits(charge.tenantUsers) : units;
      const minute = { max: perMinute, windowMs: 60_000 };
      wait = Math.max(wait, this.#take('fileUnits', key, minute, charge.units, now), this.#take('fileUnitsDay', key, { max: perDay, windowMs: 24 * 3600_000 }, charge.units, now));
      const window = this.#window('fileUnits', key, minute.windowMs, now);
      const used = window.used(now);
      if (used >= 0.8 * perMinute) {
        const reset = Math.max(1, Math.ceil(window.msUntil(0, now) / (this.clock.scale === 0 ? 1 : this.clock.scale) / 1000));
        Object.assign(headers, { 'RateLimit-Limit': String(perMinute), 'RateLimit-Remaining': String(Math.max(0, perMinute - used)), 'RateLimit-Reset': String(reset) });
      }
    }
    return wait > 0 ? refuse(wait) : { ...free, headers };
  }

  /** Counts `amount`; returns 0 when it fitted, else the milliseconds until it would. */
  #take(kind: string, key: string, rate: Rate | null, amount: number, now: number): number {
    if (rate === null) return 0;
    const window = this.#window(kind, key, rate.windowMs, now);
    const fits = window.used(now) + amount <= rate.max;
    window.add(amount, now);
    return fits ? 0 : window.msUntil(Math.max(0, rate.max - amount), now);
  }

  #window(kind: string, key: string, windowMs: number, now: number): SlidingWindow {
    const id = `${kind} ${key}`;
    let window = this.#windows.get(id);
    if (window === undefined) this.#windows.set(id, (window = new SlidingWindow(windowMs / this.#timeScale, now)));
    return window;
  }
}

/** A built-in profile by name; undefined when there is none. */
export function profileByName(name: string): LimitProfile | undefined {
  return [noLimits, publishedLimits].find((p) => p.name === name);
}
