/** The conformance suite over sites, between two simulated tenants: over libraries, lists and pages, each by itself. */
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { describeWorkload, type WorkloadRig } from '../../testing/describe-workload.js';
import { ledgerDatabase, type LedgerDatabase } from '../../testing/engine-rig.js';
import { parseDriveItem, type Raw } from '../drive/drive-item.js';
import { SiteRig, type SiteEnd } from './testing/site-rig.js';

let simulator: TestSimulator;
let database: LedgerDatabase;
beforeAll(async () => {
  [simulator, database] = await Promise.all([startSimulator({ args: ['--limits', 'none'] }), ledgerDatabase()]);
});
afterAll(async () => {
  await database.close();
  await simulator.stop();
});

const budget = { kind: 'files' } as const;

/** What is the same whichever part of a site is carried. `write`: what makes an item of it. */
const common = (rig: SiteRig, write: { method: string; path: string }): Pick<WorkloadRig, 'workload' | 'ports' | 'loseAnswers' | 'forgetCheckpoints' | 'close'> => ({
  workload: rig.workload,
  ports: rig.tenants.ports,
  loseAnswers: async (count) => {
    await rig.fault({ id: 'lost', match: write, times: count, action: { kind: 'resetAfterWrite' } });
  },
  forgetCheckpoints: async () => {
    await rig.control('expire', 'source', { what: 'delta' });
  },
  close: () => rig.stop(),
});

/** Everything in a site's libraries and in its notes, by where it lies. */
async function held({ port, siteId }: SiteEnd): Promise<Map<string, string[]>> {
  const all = new Map<string, string[]>();
  const walk = async (drive: string, path: string, of: string): Promise<void> => {
    const words: string[] = [];
    for await (const { value } of port.pages<Raw>(`${drive}${of}/children`, { budget })) {
      for (const item of value.map(parseDriveItem)) {
        words.push([item.kind, item.name, item.size, item.hash, item.dates?.createdDateTime, item.dates?.lastModifiedDateTime].join(' '));
        if (item.kind === 'folder') await walk(drive, `${path}${item.name}/`, `/items/${item.id}`);
      }
    }
    all.set(path, words);
  };
  const { value } = await port.get<{ value: Raw[] }>(`/sites/${siteId}/drives`, { budget });
  for (const { id, name } of value) await walk(`/drives/${String(id)}`, `${String(name)}/`, '/root');
  return new Map([...all, ...(await listed({ port, siteId }, ['Notes']))]);
}

/** The items of these lists, those left out that are not there. */
async function listed({ port, siteId }: Pick<SiteEnd, 'port' | 'siteId'>, titles: readonly string[]): Promise<Map<string, string[]>> {
  const { value: lists } = await port.get<{ value: Raw[] }>(`/sites/${siteId}/lists`, { budget, query: { $select: 'displayName' } });
  const all = new Map<string, string[]>();
  for (const title of titles.filter((each) => lists.some(({ displayName }) => displayName === each))) {
    const { value } = await port.get<{ value: { fields: Raw }[] }>(`/sites/${siteId}/lists/${title}/items`, { budget, query: { $expand: 'fields($select=Title,Qty)' } });
    all.set(title, value.map(({ fields }) => `${String(fields['Title'])} ${String(fields['Qty'])}`));
  }
  return all;
}

/** The pages of a site: what they are called, what they say, and whether everybody sees it. */
async function paged({ port, siteId }: SiteEnd): Promise<Map<string, string[]>> {
  const { value } = await port.get<{ value: Raw[] }>(`/sites/${siteId}/pages/microsoft.graph.sitePage`, { budget });
  const words: string[] = [];
  for (const { id, name } of value) {
    const page = await port.get<Raw>(`/sites/${siteId}/pages/${String(id)}/microsoft.graph.sitePage`, { budget, query: { $expand: 'canvasLayout' } });
    const texts = JSON.stringify(page['canvasLayout']).match(/"innerHtml":"[^"]*"/g) ?? [];
    words.push([name, page['title'], (page['publishingState'] as Raw)['level'] === 'published', ...texts].join(' '));
  }
  return new Map([['Site Pages', words]]);
}

describeWorkload(
  'SHAREPOINT, libraries and a list',
  async () => {
    const rig = await SiteRig.start(simulator, database, { content: { seed: 'd', files: 0, folders: 3, awkwardNames: true }, structure: { lists: [{ displayName: 'Notes', items: 8, columns: [{ name: 'Qty', number: {} }] }] } });
    await rig.owns('source', [
      { kind: 'folder', path: 'Plans' },
      ...Array.from({ length: 20 }, (_, at) => ({ kind: 'write' as const, path: `Plans/f${at}.bin`, bytes: 100 + at })),
      { kind: 'write', path: 'Plans/a.bin', bytes: 700 },
      { kind: 'write', path: 'Plans/b.bin', bytes: 800 },
      { kind: 'write', path: 'c.bin', bytes: 900 },
    ]);
    return {
      ...common(rig, { method: 'PUT', path: 'uploadSession' }),
      // Pages come below.
      scope: { ...rig.scope, scope: { files: true, lists: true, pages: false } },
      source: () => held(rig.source),
      destination: () => held(rig.dest),
      writes: async () => (await rig.writes()).length,
      change: async () => {
        await rig.owns('source', [{ kind: 'write', path: 'Plans/a.bin', bytes: 701 }, { kind: 'write', path: 'Plans/new.bin', bytes: 5 }]);
        // Three folders, Plans, 24 files, eight notes, and the settings that stay behind.
        return 37;
      },
      move: async () => {
        await rig.owns('source', [{ kind: 'move', path: 'c.bin', to: 'Plans' }]);
      },
      remove: async () => {
        await rig.owns('source', [{ kind: 'delete', path: 'Plans/b.bin' }]);
      },
      touchCopy: async () => {
        await rig.owns('dest', [{ kind: 'write', path: 'Plans/b.bin', bytes: 801 }]);
      },
      damage: async (kind) => {
        if (kind === 'change') await rig.owns('dest', [{ kind: 'write', path: 'Plans/a.bin', bytes: 1 }]);
        if (kind === 'remove') await rig.owns('dest', [{ kind: 'delete', path: 'Plans/a.bin' }]);
        if (kind === 'own') await rig.owns('dest', [{ kind: 'write', path: 'Plans/own.bin', bytes: 1 }]);
        return { container: 'Documents' };
      },
    };
  },
  { cannotDouble: true },
);

describeWorkload(
  'SHAREPOINT, lists alone',
  async () => {
    const columns = [{ name: 'Qty', number: {} }];
    const rig = await SiteRig.start(simulator, database, { structure: { lists: [{ displayName: 'Notes', items: 16, columns }, { displayName: 'Tasks', items: 9, columns: [...columns, { name: 'Note', lookup: { listId: 'Notes', columnName: 'Title' } }] }] } });
    const titles = ['Notes', 'Tasks'];
    return {
      ...common(rig, { method: 'POST', path: '/items$' }),
      scope: { ...rig.scope, scope: { files: false, lists: true, pages: false } },
      source: () => listed(rig.source, titles),
      destination: () => listed(rig.dest, titles),
      writes: async () => (await rig.writes()).length,
      change: async () => {
        await rig.edits('source', { kind: 'editItem', list: 'Notes', item: 3, fields: { Qty: 77 } }, { kind: 'addItem', list: 'Notes', fields: { Title: 'new', Qty: 5 } });
        // Seventeen notes, nine tasks, and the settings that stay behind.
        return 27;
      },
      move: () => Promise.reject(new Error('Items of lists do not move.')),
      remove: async () => {
        await rig.edits('source', { kind: 'deleteItem', list: 'Notes', item: 5 });
      },
      touchCopy: async () => {
        // Copies are numbered as they were written, and several are written at once.
        const { fields } = await rig.source.port.get<{ fields: Raw }>(`/sites/${rig.source.siteId}/lists/Notes/items/5`, { budget, query: { $expand: 'fields($select=Title,Qty)' } });
        const { value } = await rig.dest.port.get<{ value: { id: string; fields: Raw }[] }>(`/sites/${rig.dest.siteId}/lists/Notes/items`, { budget, query: { $expand: 'fields($select=Title,Qty)' } });
        const copy = value.find((each) => each.fields['Title'] === fields['Title'] && each.fields['Qty'] === fields['Qty']);
        await rig.edits('dest', { kind: 'editItem', list: 'Notes', item: Number(copy?.id), fields: { Qty: 78 } });
      },
      damage: async (kind) => {
        if (kind === 'change') await rig.edits('dest', { kind: 'editItem', list: 'Notes', item: 2, fields: { Qty: 79 } });
        if (kind === 'remove') await rig.edits('dest', { kind: 'deleteItem', list: 'Notes', item: 2 });
        if (kind === 'double') await rig.edits('dest', { kind: 'doubleItem', list: 'Notes', item: 2 });
        if (kind === 'own') await rig.edits('dest', { kind: 'addItem', list: 'Notes', fields: { Title: 'own' } });
        return { container: 'Notes' };
      },
    };
  },
  { cannotMove: true },
);

describeWorkload(
  'SHAREPOINT, pages alone',
  async () => {
    const rig = await SiteRig.start(simulator, database, { structure: { pages: { pages: 16, draftEvery: 5 } } });
    // What both sites have from the beginning is as good as copied.
    await rig.edits('dest', { kind: 'deletePage', page: 'Home.aspx' });
    return {
      ...common(rig, { method: 'POST', path: '/pages$' }),
      scope: { ...rig.scope, scope: { files: false, lists: false, pages: true } },
      source: () => paged(rig.source),
      destination: () => paged(rig.dest),
      // Of a page's own writes one is its publishing.
      writes: async () => (await rig.writes()).filter(({ route }) => !route.endsWith('/publish')).length,
      change: async () => {
        await rig.edits('source', { kind: 'editPage', page: 'Page-2.aspx', title: 'edited' }, { kind: 'addPage', page: 'New.aspx', title: 'new' });
        // With the first page, and the settings that stay behind.
        return 19;
      },
      move: () => Promise.reject(new Error('Pages do not move.')),
      remove: async () => {
        await rig.edits('source', { kind: 'deletePage', page: 'Page-4.aspx' });
      },
      touchCopy: async () => {
        await rig.edits('dest', { kind: 'editPage', page: 'Page-4.aspx', title: 'touched' });
      },
      damage: async (kind) => {
        if (kind === 'change') await rig.edits('dest', { kind: 'editPage', page: 'Page-1.aspx', title: 'changed' });
        if (kind === 'remove') await rig.edits('dest', { kind: 'deletePage', page: 'Page-1.aspx' });
        if (kind === 'own') await rig.edits('dest', { kind: 'addPage', page: 'Own.aspx', title: 'own' });
        return { container: 'Site Pages' };
      },
    };
  },
  { cannotDouble: true, cannotMove: true },
);
