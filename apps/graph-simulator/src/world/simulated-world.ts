import type { ExchangeStore } from '../exchange/store/exchange-store.js';
import { FileStore } from '../files/file-store.js';
import { AppRegistry } from './app-registry.js';
import { ScalableClock, type SimClock } from './clock.js';
import { ExchangeSamples } from './exchange-samples.js';
import { FaultList } from './faults.js';
import { SeededIds, stableGuid, type IdSource } from './ids.js';
import { Limits } from './limits/limits.js';
import type { LimitProfile } from './limits/profile.js';
import { RequestLog } from './request-log.js';
import type { DirectoryGroup, DirectoryUser, SimTenant } from './tenant.js';
import type { World } from './world.js';

/** What a new tenant is made of. */
export interface TenantSpec { domain: string; displayName: string; seed?: string | undefined; id?: string | undefined; initialDomain?: string | undefined }

/** Makes the mailboxes of one tenant. */
export type ExchangeMaker = (parts: { tenantId: string; clock: SimClock; seed: string; ids: IdSource }) => ExchangeStore;

/** The world of one simulator: starts empty. */
export class SimulatedWorld implements World {
  readonly seed: string;
  readonly clock: ScalableClock;
  readonly apps: AppRegistry;
  readonly limits: Limits;
  readonly faults = new FaultList();
  readonly samples = new ExchangeSamples();
  readonly log: RequestLog;
  readonly ids: SeededIds;
  readonly #tenants = new Map<string, SimTenant>();
  readonly #makeExchange: ExchangeMaker;

  constructor(options: { makeExchange: ExchangeMaker; seed?: string; clock?: ScalableClock; limitProfile?: LimitProfile; limitTimeScale?: number; log?: RequestLog }) {
    this.#makeExchange = options.makeExchange;
    this.seed = options.seed ?? 'graph-simulator';
    this.clock = options.clock ?? new ScalableClock();
    this.ids = new SeededIds(this.seed);
    this.apps = new AppRegistry(this.clock);
    this.log = options.log ?? new RequestLog();
    this.limits = new Limits(this.clock, new SeededIds(`${this.seed} latency`), {
      ...(options.limitProfile === undefined ? {} : { profile: options.limitProfile }),
      ...(options.limitTimeScale === undefined ? {} : { timeScale: options.limitTimeScale }),
    });
  }

  get tenants(): ReadonlyMap<string, SimTenant> {
    return this.#tenants;
  }

  findTenant(idOrDomain: string): SimTenant | undefined {
    const wanted = idOrDomain.toLowerCase();
    const byId = this.#tenants.get(wanted);
    if (byId !== undefined) return byId;
    for (const t of this.#tenants.values()) if (t.domain === wanted || t.initialDomain === wanted) return t;
    return undefined;
  }

  /** Adds a tenant without users. Its id follows from seed and domain unless given. Throws when id or domain is taken. */
  addTenant(spec: TenantSpec): SimTenant {
    const domain = spec.domain.toLowerCase();
    const seed = spec.seed ?? this.seed;
    const id = (spec.id ?? stableGuid('tenant', seed, domain)).toLowerCase();
    if (this.findTenant(id) !== undefined || this.findTenant(domain) !== undefined) throw new Error(`There is a tenant ${domain} already`);
    const tenant = new DirectoryTenant({
      id,
      domain,
      initialDomain: (spec.initialDomain ?? `${domain.split('.')[0] ?? domain}.onmicrosoft.com`).toLowerCase(),
      displayName: spec.displayName,
      seed,
      createdDateTime: new Date(this.clock.now() - 3 * 365 * 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z'),
      exchange: this.#makeExchange({ tenantId: id, clock: this.clock, seed, ids: new SeededIds(`${seed} exchange ${id}`) }),
    });
    this.#tenants.set(id, tenant);
    return tenant;
  }

  /** False when there was no such tenant. */
  removeTenant(id: string): boolean {
    return this.#tenants.delete(id.toLowerCase());
  }
}

class DirectoryTenant implements SimTenant {
  readonly id: string;
  readonly domain: string;
  readonly initialDomain: string;
  readonly displayName: string;
  readonly seed: string;
  readonly createdDateTime: string;
  readonly exchange: ExchangeStore;
  readonly files: FileStore;
  readonly users: DirectoryUser[] = [];
  readonly groups: DirectoryGroup[] = [];
  concealedNames = false;
  readonly #byId = new Map<string, DirectoryUser>();
  #byName: Map<string, DirectoryUser> | null = null;

  constructor(parts: Pick<SimTenant, 'id' | 'domain' | 'initialDomain' | 'displayName' | 'seed' | 'createdDateTime' | 'exchange'>) {
    this.id = parts.id;
    this.domain = parts.domain;
    this.initialDomain = parts.initialDomain;
    this.displayName = parts.displayName;
    this.seed = parts.seed;
    this.createdDateTime = parts.createdDateTime;
    this.exchange = parts.exchange;
    this.files = new FileStore(parts.id, parts.initialDomain, parts.createdDateTime);
  }

  findUser(idOrUpn: string): DirectoryUser | undefined {
    const wanted = idOrUpn.toLowerCase();
    const byId = this.#byId.get(wanted);
    if (byId !== undefined || !wanted.includes('@')) return byId;
    if (this.#byName?.has(wanted) !== true) {
      // Names may have been changed in place: rebuild once before saying no.
      this.#byName = new Map();
      for (const u of this.users) {
        if (u.mail !== null) this.#byName.set(u.mail.toLowerCase(), u);
        this.#byName.set(u.userPrincipalName.toLowerCase(), u);
      }
    }
    const user = this.#byName.get(wanted);
    if (user !== undefined && user.userPrincipalName.toLowerCase() !== wanted && user.mail?.toLowerCase() !== wanted) {
      this.#byName = null;
      return this.findUser(idOrUpn);
    }
    return user;
  }

  addUser(user: DirectoryUser): void {
    if (this.#byId.has(user.id)) throw new Error(`There is a user ${user.id} already`);
    this.users.push(user);
    this.#byId.set(user.id, user);
    this.#byName = null;
  }

  removeUser(id: string): boolean {
    const at = this.users.findIndex((u) => u.id === id);
    if (at < 0) return false;
    this.users.splice(at, 1);
    this.#byId.delete(id);
    this.#byName = null;
    const drive = this.files.personalSite(id);
    if (drive !== undefined) this.files.remove(drive);
    for (const g of this.groups) {
      g.memberIds.delete(id);
      g.ownerIds.delete(id);
    }
    return true;
  }
}
