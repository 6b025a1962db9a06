/** What only one workload knows of a run: how its sources are made, what their owners do, what Microsoft forgets, and how both sides compare. */
import { compareDrives, compareMailboxes } from '@migrator/demo/compare';
import type { Comparison, ControlClient } from '@migrator/demo/control-client';
import type { Carriable, Plan, SourceChanges } from './plan.js';
import type { Scene } from './scene.js';

/** What Microsoft can be made to forget. */
export type Expiring = 'delta' | 'importSessions' | 'uploadSessions';

export interface Carried {
  /** What a person of the plan has, in words of the simulator's `POST /tenants`. */
  user(plan: Plan, alias: string, side: 'source' | 'destination'): Record<string, unknown>;
  /** The source exists: how awkward it is. */
  prepare(control: ControlClient, source: string, plan: Plan): Promise<void>;
  change(control: ControlClient, source: string, seed: string, changes: SourceChanges): Promise<void>;
  expire(control: ControlClient, tenant: string, what: Expiring): Promise<void>;
  /** What owners hold is let go, so that a calm pass finds it. */
  release(control: ControlClient, source: string): Promise<void>;
  compare(control: ControlClient, scene: Pick<Scene, 'source' | 'destination'>, plan: Plan): Promise<Comparison>;
}

const examplesMax = 5;

const mailboxes: Carried = {
  user: ({ mailboxes: all }, alias, side) => ({ content: (side === 'source' ? all.find((each) => each.alias === alias)?.content : undefined) ?? 'empty' }),
  prepare: async (control, source, plan) => {
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
  prepare: async (control, tenant, { drives: { manners } }) => {
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

/** Each workload that a run can carry. */
export const carried: Readonly<Record<Carriable, Carried>> = { EMAIL: mailboxes, ONEDRIVE: drives };
