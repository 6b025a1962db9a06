/** What only one workload knows of a run: how its sources are made, what their owners do, what Microsoft forgets, and how both sides compare. */
import { compareDrives, compareMailboxes, compareSites } from '@migrator/demo/compare';
import type { Comparison, ControlClient } from '@migrator/demo/control-client';
import type { Carriable, Plan, SourceChanges } from './plan.js';
import type { Scene } from './scene.js';

/** What Microsoft can be made to forget. */
export type Expiring = 'delta' | 'importSessions' | 'uploadSessions';

export interface Carried {
  /** What a person of the plan has, in words of the simulator's `POST /tenants`. */
  user(plan: Plan, alias: string, side: 'source' | 'destination'): Record<string, unknown>;
  /** Both tenants exist: what they hold besides, and how awkward the source is. */
  prepare(control: ControlClient, ends: Pick<Scene, 'source' | 'destination'>, plan: Plan): Promise<void>;
  /** Of its jobs, besides what the plan says of all. */
  options?(ends: Pick<Scene, 'source' | 'destination'>): Record<string, unknown>;
  change(control: ControlClient, source: string, seed: string, changes: SourceChanges): Promise<void>;
  expire(control: ControlClient, tenant: string, what: Expiring): Promise<void>;
  /** What owners hold is let go, so that a calm pass finds it. */
  release(control: ControlClient, source: string): Promise<void>;
  compare(control: ControlClient, scene: Pick<Scene, 'source' | 'destination'>, plan: Plan): Promise<Comparison>;
}

const examplesMax = 5;

const mailboxes: Carried = {
  user: ({ mailboxes: all }, alias, side) => ({ content: (side === 'source' ? all.find((each) => each.alias === alias)?.content : undefined) ?? 'empty' }),
  prepare: async (control, { source }, plan) => {
    await control.call('POST', '/exchange/delta', { tenant: source, ...plan.manners });
    await control.call('POST', '/exchange/exports', { omitOverBytes: plan.omitOverBytes });
  },
  change: async (control, tenant, seed, { mailboxes: perMailbox }) => {
    await control.call('POST', '/exchange/changes', { tenant, seed, perMailbox });
  },
  expire: async (control, tenant, what) => {
    await control.call('POST', '/exchange/expire', { tenant, what });
  },
  release: () => Promise.resolve(),
  compare: (control, scene) => compareMailboxes(control, scene, examplesMax),
};

const drives: Carried = {
  user: ({ drives: { drives: all } }, alias, side) => {
    const drive = all.find((each) => each.alias === alias);
    return drive === undefined ? {} : { drive: side === 'source' ? { content: drive.content } : true };
  },
  prepare: async (control, { source: tenant }, { drives: { manners } }) => {
    await control.call('POST', '/files/delta', { tenant, ...manners });
  },
  change: async (control, tenant, seed, { drives: perDrive }) => {
    await control.call('POST', '/files/changes', { tenant, seed, perDrive });
  },
  expire: async (control, tenant, what) => {
    if (what !== 'importSessions') await control.call('POST', '/files/expire', { tenant, what });
  },
  release: async (control, tenant) => {
    await control.call('POST', '/files/lock', { tenant, locked: false });
  },
  compare: (control, scene, { drives: { drives: all } }) => compareDrives(control, scene, all.map(({ alias }) => ({ source: `${alias}@${scene.source}`, dest: `${alias}@${scene.destination}` })), { examplesMax }),
};

const siteName = 'team';
const hostOf = (domain: string): string => `${domain.split('.')[0] ?? ''}.sharepoint.com`;
const sites: Carried = {
  user: () => ({}),
  prepare: async (control, { source, destination }, { site, drives: { manners: { pageItemsMax: _none, ...manners } } }) => {
    const make = (tenant: string, more: object): Promise<unknown> => control.call('POST', `/tenants/${tenant}/sites`, { sites: [{ name: siteName, displayName: 'Team', kind: 'team', ...more }] });
    await make(source, site);
    await make(destination, {});
    await control.call('POST', '/files/delta', { tenant: source, site: siteName, ...manners });
    // What a library writes into Office files makes a version more of each that is sent again (docs/known-limits.md).
    await control.call('POST', '/files/parser', { tenant: destination, site: siteName, on: false });
  },
  options: ({ source, destination }) => ({ sites: [`https://${hostOf(source)}/sites/${siteName}`], siteMappings: [{ source: `https://${hostOf(source)}/sites/${siteName}`, dest: `https://${hostOf(destination)}/sites/${siteName}` }] }),
  change: async (control, tenant, seed, { site: { library, edits } }) => {
    await control.call('POST', '/files/changes', { tenant, site: siteName, seed, perDrive: library });
    await control.call('POST', '/sites/changes', { tenant, site: siteName, do: edits });
  },
  expire: async (control, tenant, what) => {
    if (what !== 'importSessions') await control.call('POST', '/files/expire', { tenant, what, site: siteName });
  },
  release: () => Promise.resolve(),
  compare: (control, scene) => compareSites(control, scene, [{ source: siteName, dest: siteName }], { examplesMax }),
};

/** Each workload that a run can carry. */
export const carried: Readonly<Record<Carriable, Carried>> = { EMAIL: mailboxes, ONEDRIVE: drives, SHAREPOINT: sites };
