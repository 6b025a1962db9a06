import { startTestSimulator, type Reply, type TestSimulator } from '../../testing/test-simulator.js';

type Json = Record<string, unknown>;
const people = [{ alias: 'ada', displayName: 'Ada' }, { alias: 'bob', displayName: 'Bob' }];
let sim: TestSimulator;
let token = '';
beforeAll(async () => {
  sim = await startTestSimulator();
  await sim.control('POST', '/tenants/contoso.com/users', { users: [...people, { alias: 'owner', displayName: 'Owner', drive: true }] });
  await sim.control('POST', '/tenants/fabrikam.com/users', { users: [...people, { alias: 'owner', displayName: 'Owner', drive: true }] });
  const destination = sim.world.findTenant('fabrikam.com');
  sim.world.apps.consent(destination?.id ?? '', sim.app.clientId, sim.app.requiredRoles);
  const reply = await sim.call('POST', `https://login.microsoftonline.com/fabrikam.com/oauth2/v2.0/token`, { token: null, form: { client_id: sim.app.clientId, client_secret: sim.app.secrets[0]?.value ?? '', scope: 'https://graph.microsoft.com/.default', grant_type: 'client_credentials' } });
  token = String(reply.json?.['access_token']);
  expect((await owner([{ kind: 'folder', path: 'Plans' }, { kind: 'write', path: 'Plans/a.bin', bytes: 400_000 }, { kind: 'write', path: 'b.txt' }, { kind: 'share', path: 'Plans', with: 'ada@contoso.com' }])).status).toBe(200);
});
afterAll(() => sim.close());

const owner = (steps: Json[]): Promise<{ status: number; json: Json }> => sim.control('POST', '/files/changes', { tenant: 'contoso.com', user: 'owner@contoso.com', do: steps });
const compare = async (more: Json = {}): Promise<Json> => {
  const { json } = await sim.control('POST', '/files/compare', { source: 'contoso.com', destination: 'fabrikam.com', drives: [{ source: 'owner@contoso.com', dest: 'owner@fabrikam.com' }], ...more });
  return (json['drives'] as Json[])[0] ?? {};
};
const at = '/v1.0/users/owner@fabrikam.com/drive';
const from = '/v1.0/users/owner@contoso.com/drive';
const bytesOf = async (path: string): Promise<{ bytes: Buffer; item: Json }> => {
  const item = (await sim.call('GET', `${from}/root:/${path}`)).json ?? {};
  const link = new URL(String(item['@microsoft.graph.downloadUrl']));
  const reply = await fetch(new URL(link.pathname + link.search, `http://127.0.0.1:${sim.port}`), { headers: { 'x-original-host': link.host } });
  return { bytes: Buffer.from(await reply.arrayBuffer()), item };
};
/** Copies a file with its dates, as a migration would. */
async function copy(path: string, change: (bytes: Buffer) => Buffer = (bytes) => bytes): Promise<Reply> {
  const { bytes, item } = await bytesOf(path);
  const opened = await sim.call('POST', `${at}/root:/${path}:/createUploadSession`, { token, body: { item: { '@microsoft.graph.conflictBehavior': 'replace', fileSystemInfo: item['fileSystemInfo'] } } });
  return sim.call('PUT', String(opened.json?.['uploadUrl']), { token: null, raw: change(bytes), headers: { 'content-range': `bytes 0-${bytes.length - 1}/${bytes.length}` } });
}
const dates = async (path: string): Promise<void> => {
  const { json } = await sim.call('GET', `${from}/root:/${path}?$select=fileSystemInfo`);
  await sim.call('PATCH', `${at}/root:/${path}`, { token, body: { fileSystemInfo: json?.['fileSystemInfo'] } });
};

test('nothing is equal to nothing; a whole copy with dates and grants is equal; each loss is named', async () => {
  expect(await compare()).toMatchObject({ expected: 3, matched: 0, missing: 3, extra: 0, differs: 0 });
  await sim.call('POST', `${at}/root/children`, { token, body: { name: 'Plans', folder: {} } });
  await copy('Plans/a.bin');
  await copy('b.txt');
  expect(await compare()).toMatchObject({ missing: 0, differs: 2, examples: { differs: [expect.stringMatching(/^\/Plans: (dates .*, )?grants write to .* are $/) as string, expect.stringMatching(/^\/Plans\/a\.bin: grants/) as string] } });
  await sim.call('POST', `${at}/root:/Plans:/invite`, { token, body: { recipients: [{ email: 'ada@fabrikam.com' }], roles: ['write'], requireSignIn: true, sendInvitation: false } });
  await dates('Plans');
  expect(await compare()).toMatchObject({ expected: 3, matched: 3, missing: 0, extra: 0, differs: 0 });

  // Two blocks that changed places have the same quickXorHash: only the bytes in their order tell.
  await copy('Plans/a.bin', (bytes) => Buffer.concat([bytes.subarray(163_840, 327_680), bytes.subarray(0, 163_840), bytes.subarray(327_680)]));
  expect((await compare({ versions: false }))['examples']).toMatchObject({ differs: ['/Plans/a.bin: content, in its order'] });
  expect(await compare({ versions: false, deepBytesMax: 0 })).toMatchObject({ differs: 0 });
  await sim.call('PUT', `${at}/root:/mine.txt:/content`, { token, raw: Buffer.from('x') });
  expect(await compare({ versions: false })).toMatchObject({ extra: 1, examples: { extra: ['/mine.txt'] } });

  // What the library writes into a file makes it no stranger, wherever its source lies by now.
  await sim.control('POST', '/files/parser', { tenant: 'fabrikam.com', user: 'owner@fabrikam.com', on: true });
  await owner([{ kind: 'write', path: 'Plans/d.docx' }]);
  await copy('Plans/d.docx');
  expect(await compare({ versions: false })).toMatchObject({ missing: 0, extra: 1, kept: 0, examples: { differs: ['/Plans/a.bin: content, in its order'] } });
  await owner([{ kind: 'rename', path: 'Plans/d.docx', to: 'e.docx' }]);
  expect(await compare({ versions: false })).toMatchObject({ missing: 1, extra: 1, kept: 1, keptMoved: 1, doubled: 0 });
});

test('what an owner does arrives in the drive: renames, moves, deletions', async () => {
  await owner([{ kind: 'folder', path: 'New' }, { kind: 'move', path: 'b.txt', to: 'New' }, { kind: 'rename', path: 'New/b.txt', to: 'c.txt' }, { kind: 'delete', path: 'Plans' }]);
  expect((await sim.call('GET', `${from}/root:/New/c.txt`)).status).toBe(200);
  expect((await sim.call('GET', `${from}/root:/Plans`)).status).toBe(404);
  expect((await owner([{ kind: 'delete', path: 'nothing' }])).status).toBe(404);
});

describe('seeded changes and damage', () => {
  const profile = { seed: 'changes', files: 30, folders: 6, bytesMax: 2_000 };
  const counts = async (user: string, perDrive: Json): Promise<Json> => (await sim.control('POST', '/files/changes', { tenant: 'contoso.com', user, seed: 's', perDrive })).json['counts'] as Json;
  const held = async (of: Json): Promise<Json> => ((await sim.control('POST', '/files/compare', { source: 'contoso.com', destination: 'contoso.com', permissions: false, versions: false, ...of })).json['drives'] as Json[])[0] ?? {};
  const pair = { drives: [{ source: 'busy@contoso.com', dest: 'mirror@contoso.com' }] };
  beforeAll(async () => {
    await sim.control('POST', '/tenants/contoso.com/users', { users: ['busy', 'mirror', 'twin'].map((alias) => ({ alias, displayName: alias, drive: { content: profile } })) });
  });

  test('what an owner does follows from the seed; copies of what is deleted are told from strangers and from copies too many', async () => {
    expect(await held(pair)).toMatchObject({ missing: 0, extra: 0, differs: 0, kept: 0, doubled: 0 });
    const perDrive = { new: 3, edited: 2, renamed: 2, moved: 2, locked: 1, newFolders: 2, renamedFolders: 1, movedFolders: 1 };
    expect(await counts('busy@contoso.com', perDrive)).toMatchObject(perDrive);
    expect(await counts('twin@contoso.com', perDrive)).toMatchObject(perDrive);
    const moved = await held(pair);
    expect(moved).toMatchObject({ extra: 0, doubled: 0, kept: moved['keptMoved'] });
    expect(Number(moved['kept'])).toBeGreaterThan(0);
    expect(await counts('mirror@contoso.com', { new: 1 })).toMatchObject({ new: 1 });
    expect(await counts('busy@contoso.com', { deleted: 6, deletedFolders: 1 })).toMatchObject({ deleted: 6, deletedFolders: 1 });
    const left = await held(pair);
    expect(left).toMatchObject({ extra: 1, doubled: 0 });
    expect(Number(left['kept']) - Number(left['keptMoved'])).toBeGreaterThan(2);
    expect((await sim.control('POST', '/files/lock', { tenant: 'contoso.com', user: 'busy@contoso.com', locked: false })).status).toBe(200);
  });

  test('each kind of damage is done once, and the comparison names it', async () => {
    await sim.control('POST', '/tenants/contoso.com/users', { users: ['whole', 'hurt'].map((alias) => ({ alias, displayName: alias, drive: { content: profile } })) });
    const damaged = { drives: [{ source: 'whole@contoso.com', dest: 'hurt@contoso.com' }] };
    const damage = async (kind: string, path: string): Promise<void> => {
      expect((await sim.control('POST', '/files/damage', { tenant: 'contoso.com', user: 'hurt@contoso.com', kind, path })).json).toEqual({ path });
    };
    const names = ((await sim.call('GET', '/v1.0/users/whole@contoso.com/drive/root/children?$top=200')).json?.['value'] as { name: string; file?: unknown; folder?: unknown }[]);
    const [removed, doubled, changed, shifted] = names.filter(({ file }) => file !== undefined).map(({ name }) => name);
    await damage('remove', removed ?? '');
    expect(await held(damaged)).toMatchObject({ missing: 1, extra: 0, differs: 0 });
    await damage('double', doubled ?? '');
    expect(await held(damaged)).toMatchObject({ missing: 1, extra: 1, doubled: 1, differs: 0 });
    await damage('changeByte', changed ?? '');
    await damage('shiftDate', shifted ?? '');
    expect(await held(damaged)).toMatchObject({ differs: 2, examples: { differs: expect.arrayContaining([`/${changed ?? ''}: content`]) as unknown } });
    expect((await sim.control('POST', '/files/damage', { tenant: 'contoso.com', user: 'owner@contoso.com', kind: 'renameFolder', path: 'New/c.txt' })).status).toBe(409);
  });
});
