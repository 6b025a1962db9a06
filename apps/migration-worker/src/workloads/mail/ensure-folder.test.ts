import { FolderMapper, type FolderShape } from './ensure-folder.js';
import { mailboxOn, signal } from './testing/build.js';
import { graphError, ScriptedPort, type Call } from './testing/scripted-port.js';

interface Row {
  id: string;
  displayName: string;
  parentFolderId: string | null;
  type: string;
  wellKnownName: string | null;
}
const row = (id: string, displayName: string, parentFolderId: string | null = null, type = 'IPF.Note', wellKnownName: string | null = null): Row => ({ id, displayName, parentFolderId, type, wellKnownName });
const shape = (displayName: string, type = 'IPF.Note', wellKnownName: string | null = null): FolderShape => ({ displayName, type, wellKnownName });

function destination(rows: Row[], create: (call: Call, made: Row) => unknown = (_call, made) => made) {
  let count = 0;
  const port = new ScriptedPort((call) => {
    const parent = /folders\/([^/]+)\/childFolders$/.exec(call.path)?.[1] ?? null;
    if (call.method === 'GET') return { value: parent === null ? rows : rows.filter(({ parentFolderId }) => parentFolderId === parent) };
    const { displayName, type } = call.body as { displayName: string; type: string };
    return create(call, row(`new-${++count}`, displayName, parent, type));
  });
  return { port, rows, mapper: (dryRun = false) => new FolderMapper(mailboxOn(port, 'dest'), dryRun), creates: () => port.calls.filter(({ method }) => method === 'POST') };
}

test('a well-known folder is found whatever it is called there', async () => {
  const dest = destination([row('posteingang', 'Posteingang', null, 'IPF.Note', 'inbox')]);
  await expect(dest.mapper().ensure(shape('Inbox', 'IPF.Note', 'inbox'), 'k', null, signal)).resolves.toEqual({ id: 'posteingang', exists: true });
  expect(dest.creates()).toEqual([]);
});

test('a folder of the same name and class is used, a missing one made with the same class', async () => {
  const dest = destination([row('p', 'projects')]);
  const mapper = dest.mapper();
  await expect(mapper.ensure(shape('Projects'), 'k', null, signal)).resolves.toEqual({ id: 'p', exists: true });
  await expect(mapper.ensure(shape('Team', 'IPF.Appointment'), 'k2', { id: 'p', exists: true }, signal)).resolves.toEqual({ id: 'new-1', exists: true });
  expect(dest.creates().map(({ path, body }) => [path, body])).toEqual([['/admin/exchange/mailboxes/MBX:dest@tenant/folders/p/childFolders', { displayName: 'Team', type: 'IPF.Appointment' }]]);
});

test('a user’s folder that is called like a well-known one of another place is not merged into it', async () => {
  const dest = destination([row('c', 'Contacts', null, 'IPF.Contact', 'contacts')]);
  await expect(dest.mapper().ensure(shape('Contacts', 'IPF.Contact'), 'k', { id: 'c', exists: true }, signal)).resolves.toEqual({ id: 'new-1', exists: true });
});

test('a name taken by another class gets its class in the name, and is found under it again', async () => {
  const dest = destination([row('mail', 'Team')]);
  await dest.mapper().ensure(shape('Team', 'IPF.Appointment'), 'k', null, signal);
  expect(dest.creates()[0]?.body).toMatchObject({ displayName: 'Team (calendar)' });
  dest.rows.push(row('cal', 'Team (calendar)', null, 'IPF.Appointment'));
  await expect(dest.mapper().ensure(shape('Team', 'IPF.Appointment'), 'k', null, signal)).resolves.toEqual({ id: 'cal', exists: true });
});

test.each(['conflict', 'in_doubt'] as const)('after a create that ended with %s the folder that is there is used', async (kind) => {
  const dest = destination([], (_call, made) => {
    dest.rows.push(made);
    throw graphError(kind, 'ErrorFolderExists');
  });
  await expect(dest.mapper().ensure(shape('Projects'), 'k', null, signal)).resolves.toEqual({ id: 'new-1', exists: true });
  expect(dest.creates()).toHaveLength(1);
});

test('a create whose answer was lost and that did not happen is made again, once', async () => {
  let calls = 0;
  const dest = destination([], (_call, made) => {
    if (calls++ === 0) throw graphError('in_doubt');
    return made;
  });
  await expect(dest.mapper().ensure(shape('Projects'), 'k', null, signal)).resolves.toEqual({ id: 'new-2', exists: true });
});

test('the same folder asked for twice at once is made once', async () => {
  const dest = destination([]);
  const mapper = dest.mapper();
  const [a, b] = await Promise.all([mapper.ensure(shape('P'), 'k', null, signal), mapper.ensure(shape('P'), 'k', null, signal)]);
  expect(a).toEqual(b);
  expect(dest.creates()).toHaveLength(1);
});

test('a dry run plans and writes nothing', async () => {
  const dest = destination([row('p', 'Projects')]);
  const mapper = dest.mapper(true);
  await expect(mapper.ensure(shape('Projects'), 'a', null, signal)).resolves.toEqual({ id: 'p', exists: true });
  const planned = await mapper.ensure(shape('New'), 'b', null, signal);
  expect(planned.exists).toBe(false);
  await expect(mapper.ensure(shape('Projects'), 'c', planned, signal)).resolves.toEqual({ id: 'planned:c', exists: false });
  expect(dest.creates()).toEqual([]);
});
