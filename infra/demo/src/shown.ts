/** The workloads that are shown, each with what only it knows: what it moves, what its owners do, and how both sides compare. */
import { listUnitsAnswer } from '@migrator/contracts/api/jobs';
import type { ApiClient } from './api-client.js';
import { compareDrives, compareMailboxes, compareSites, type Ends } from './compare.js';
import type { Comparison, ControlClient } from './control-client.js';

export interface Shown {
  readonly type: 'EMAIL' | 'ONEDRIVE' | 'SHAREPOINT';
  /** What it moves, for a heading. */
  readonly things: string;
  /** Of its jobs, beside what is found by itself. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Changes at the source, as its owners make them; answers how many. */
  change(control: ControlClient, source: string): Promise<Record<string, number>>;
  /** By the simulator, which shares no code with the migration. `jobId`: whose units are compared. */
  compare(control: ControlClient, ends: Ends, api: ApiClient, jobId: string): Promise<Comparison>;
}

interface Changed {
  counts: Record<string, number>;
}

const driveChanges = { new: 1, edited: 1, renamed: 1, moved: 1, newFolders: 1, renamedFolders: 1 };

const libraryChanges = { new: 2, edited: 2, newFolders: 1, renamedFolders: 1 };
const siteChanges = [
  { kind: 'addItem', list: 'FAQ', fields: { Title: 'Where is the new canteen?' } },
  { kind: 'editItem', list: 'FAQ', item: 1, fields: { Title: 'Edited' } },
  { kind: 'addPage', page: 'Later.aspx', title: 'Later' },
  { kind: 'editPage', page: 'Page-1.aspx', title: 'Edited' },
];

/** Both ends of a job's units that had a destination. */
async function pairsOf(api: ApiClient, jobId: string): Promise<{ source: string; dest: string }[]> {
  const { units } = await api.call('GET', `/v1/jobs/${jobId}/units?limit=500`, listUnitsAnswer);
  return units.flatMap(({ source, dest, status }) => (dest === null || status === 'SKIPPED' ? [] : [{ source: placeNamed(source), dest: placeNamed(dest) }]));
}

/** The simulator names a site by the end of its address, and a OneDrive by its owner. */
const placeNamed = (name: string): string => (URL.canParse(name) ? decodeURIComponent(new URL(name).pathname.split('/').at(-1) ?? '') : name);

/** Mailboxes between drives and sites, which share the limits of SharePoint: so neither waits for the minute of the other. */
const shownWorkloads: readonly Shown[] = [
  {
    type: 'ONEDRIVE',
    things: 'OneDrives',
    change: async (control, tenant) => (await control.call<Changed>('POST', '/files/changes', { tenant, perDrive: driveChanges })).counts,
    compare: async (control, ends, api, jobId) => compareDrives(control, ends, await pairsOf(api, jobId), { permissions: true }),
  },
  {
    type: 'EMAIL',
    things: 'mailboxes',
    change: async (control, tenant) => (await control.call<Changed>('POST', '/exchange/changes', { tenant, perMailbox: { new: 3, edited: 2, readFlags: 2, newFolder: true } })).counts,
    compare: (control, ends) => compareMailboxes(control, ends),
  },
  {
    type: 'SHAREPOINT',
    things: 'sites',
    // The intranet has another title at the destination: nobody would guess it.
    options: { siteMappings: [{ source: 'https://contoso.sharepoint.com/sites/intranet', dest: 'https://fabrikam.sharepoint.com/sites/intranet' }] },
    change: async (control, tenant) => {
      const { counts } = await control.call<Changed>('POST', '/files/changes', { tenant, site: 'finance', perDrive: libraryChanges });
      const { steps } = await control.call<{ steps: number }>('POST', '/sites/changes', { tenant, site: 'intranet', do: siteChanges });
      return { ...counts, listsAndPages: steps };
    },
    compare: async (control, ends, api, jobId) => compareSites(control, ends, await pairsOf(api, jobId), { permissions: true }),
  },
];

export const shownTypes = shownWorkloads.map(({ type }) => type);

/** All of them, or the one that is named. Throws for a name that is none. */
export function shownNamed(only: string | undefined): readonly Shown[] {
  const shown = shownWorkloads.filter(({ type }) => only === undefined || type === only);
  if (shown.length === 0) throw new Error(`--only takes ${shownTypes.join(', ')}.`);
  return shown;
}
