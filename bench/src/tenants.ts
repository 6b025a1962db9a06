/** Simulated tenants to copy between, and jobs over them as any client of the API makes them. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { jobAnswer, passAnswer, type Job } from '@migrator/contracts/api/jobs';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import { createApiClient, type ApiClient } from '@migrator/demo/api-client';
import { createControlClient, type Comparison, type ControlClient } from '@migrator/demo/control-client';
import { giveConsent, waitForDiscovery } from '@migrator/demo/give-consent';
import type { BenchStack } from './bench-stack.js';

/** A user of a tenant: what they are called, and the generator's profiles of what lies in their mailbox and OneDrive (see the simulator). */
export interface UserSpec {
  alias: string;
  content?: Record<string, unknown> | 'empty';
  /** `true`: there, and empty; left out: never opened. */
  drive?: { content: Record<string, unknown> } | true;
}

export interface TenantMade {
  readonly domain: string;
  /** Microsoft's id. */
  readonly microsoftId: string;
  /** Microsoft's ids of the users, by alias. */
  readonly userIds: Readonly<Record<string, string>>;
}

/** What the generator leaves out unless a bench asks for it: everything but messages. */
export const onlyMessages = { attachmentEvery: 0, settings: false, untouchables: false };

interface DriveComparison {
  expected: number;
  matched: number;
  missing: number;
  extra: number;
  differs: number;
}

/** Seldom: every look is work for the services that are measured. */
const lookEveryMs = 1_000;

export class Tenants {
  readonly api: ApiClient;
  readonly control: ControlClient;
  #made = 0;

  constructor(private readonly bench: BenchStack) {
    this.api = createApiClient(bench.stack.gatewayUrl, bench.stack.apiKey);
    this.control = createControlClient(bench.stack.simulatorControlUrl);
  }

  /** A new tenant whose administrator has accepted the application; the platform does not know it yet. */
  async make(name: string, people: readonly UserSpec[]): Promise<TenantMade> {
    const domain = `${name}-${(this.#made += 1)}.example`;
    const users = people.map(({ alias, content = 'empty', ...rest }) => ({ alias, displayName: alias, content, ...rest }));
    const { id, userIds } = await this.control.call<{ id: string; userIds: Record<string, string> }>('POST', '/tenants', { domain, displayName: domain, users });
    await this.control.call('POST', '/consents', { tenant: domain, clientId: this.bench.stack.simulatorApp.clientId });
    return { domain, microsoftId: id, userIds: Object.fromEntries(Object.entries(userIds).map(([upn, userId]) => [upn.split('@')[0] ?? upn, userId])) };
  }

  /** Connects a tenant to the platform and waits until it knows who is there. Returns the platform's id of it. */
  async connect({ domain, microsoftId }: TenantMade, role: 'source' | 'destination'): Promise<string> {
    await giveConsent(this.api, domain, role);
    const found = (await waitForDiscovery(this.api)).find((tenant) => tenant.domain === domain);
    if (found === undefined) throw new Error(`The platform does not know ${domain} (${microsoftId}).`);
    return found.id;
  }

  /** Makes the job and waits for its end; `seconds` is by its own times, from its creation to its end. Throws when it stops, or ends with anything that did not arrive. */
  async migrate(sourceTenantId: string, destTenantId: string, more: { type?: WorkloadName; dryRun?: boolean; scope?: Record<string, boolean>; options?: Record<string, unknown> } = {}): Promise<{ job: Job; seconds: number }> {
    const { job } = await this.api.call('POST', '/v1/jobs', jobAnswer, { sourceTenantId, destTenantId, type: 'EMAIL', name: `bench ${randomUUID()}`, ...more });
    const done = await this.#ended(job);
    return { job: done, seconds: (Date.parse(done.completedAt ?? '') - Date.parse(done.createdAt)) / 1_000 };
  }

  /** Asks a job for what changed since and waits for the end; `seconds` is by the pass's own times, from the request for it to its end. */
  async deltaPass(jobId: string): Promise<{ job: Job; seconds: number }> {
    const { pass } = await this.api.call('POST', `/v1/jobs/${jobId}/passes`, passAnswer, { mode: 'delta' });
    const job = await this.#ended((await this.api.call('GET', `/v1/jobs/${jobId}`, jobAnswer)).job);
    const done = job.passes.find(({ id }) => id === pass.id);
    if (done?.completedAt == null) throw new Error('The job ended and the pass did not.');
    return { job, seconds: (Date.parse(done.completedAt) - Date.parse(done.createdAt)) / 1_000 };
  }

  async #ended(job: Job): Promise<Job> {
    for (let now = job; ; ) {
      if (now.status === 'DONE') {
        if (now.outcome !== 'clean') throw new Error(`The job ended ${now.outcome ?? 'without an outcome'}: ${now.errorItems} failed, ${now.skippedItems} skipped of ${now.totalItems}.`);
        return now;
      }
      if (now.status === 'ERROR') throw new Error(`The job stopped: ${JSON.stringify(now.failure)}`);
      await pause(lookEveryMs);
      now = (await this.api.call('GET', `/v1/jobs/${job.id}`, jobAnswer)).job;
    }
  }

  /** The simulator's own comparison of all items; throws unless each arrived once and is what it was. Returns how many. */
  async compareItems(source: TenantMade, destination: TenantMade): Promise<number> {
    const { items, examples } = await this.control.call<Comparison>('POST', '/compare', { source: source.domain, destination: destination.domain, examplesMax: 3 });
    if (items.matched !== items.expected || items.missing + items.extra + items.doubled + items.differs > 0) throw new Error(`Not everything arrived in ${destination.domain} once and whole: ${JSON.stringify(items)} ${JSON.stringify(examples)}`);
    return items.matched;
  }

  /** The same for the OneDrives of all users; `only`: that everything is there by its name, for a copier that does not keep dates as we do; `permissions`: their sharing too. Returns how many files and folders. */
  async compareDrives(source: TenantMade, destination: TenantMade, only: 'names' | 'everything' = 'everything', permissions = false): Promise<number> {
    const drives = Object.keys(source.userIds).map((alias) => ({ source: `${alias}@${source.domain}`, dest: `${alias}@${destination.domain}` }));
    const compared = await this.control.call<{ drives: DriveComparison[] }>('POST', '/files/compare', { source: source.domain, destination: destination.domain, drives, permissions, versions: false, examplesMax: 3 });
    const wrong = compared.drives.find(({ expected, matched, missing, extra, differs }) => missing + extra > 0 || matched + differs !== expected || (only === 'everything' && differs > 0));
    if (wrong !== undefined) throw new Error(`Not everything arrived in ${destination.domain} once and whole: ${JSON.stringify(wrong)}`);
    return compared.drives.reduce((sum, { expected }) => sum + expected, 0);
  }

  /** Takes a tenant out of the simulator, with the memory it holds there. */
  async remove({ domain }: TenantMade): Promise<void> {
    const response = await fetch(new URL(`/tenants/${domain}`, this.bench.stack.simulatorControlUrl), { method: 'DELETE' });
    if (!response.ok) throw new Error(`The simulator answered ${response.status} to the removal of ${domain}.`);
  }
}
