import { createHash } from 'node:crypto';
import { QuickXorHash } from '../content/quick-xor-hash.js';
import { startTestSimulator, type Reply, type TestSimulator } from '../../testing/test-simulator.js';

type Json = Record<string, unknown>;
const upn = 'lena@contoso.com';
const fragment = 327_680;
let sim: TestSimulator;
let drive = '';
let root = '';
beforeAll(async () => {
  // The clock is moved about here; tokens outlast it.
  sim = await startTestSimulator({ tokenSeconds: 30 * 86_400 });
  await sim.control('POST', '/tenants/contoso.com/users', {
    users: [
      { alias: 'lena', displayName: 'Lena', drive: { content: { seed: 'd', files: 240, folders: 12, fanout: 4, notebooks: 1, shortcuts: 1, malwareEvery: 50, versionsEvery: 30, sharedEvery: 20, emptyEvery: 40, large: [3_000_000] } } },
      { alias: 'empty', displayName: 'Empty', drive: true },
    ],
  });
  drive = String((await sim.call('GET', `/v1.0/users/${upn}/drive?$select=id`)).json?.['id']);
  root = `/v1.0/users/empty@contoso.com/drive`;
});
afterAll(() => sim.close());

const values = (reply: Reply): Json[] => (reply.json?.['value'] ?? []) as Json[];
async function pages(path: string): Promise<{ items: Json[]; delta: string | null; pages: number }> {
  const items: Json[] = [];
  let delta: string | null = null;
  let count = 0;
  for (let next: string | undefined = path; next !== undefined; ) {
    const reply: Reply = await sim.call('GET', next);
    expect(reply.status).toBe(200);
    items.push(...values(reply));
    count += 1;
    delta = (reply.json?.['@odata.deltaLink'] as string | undefined) ?? null;
    next = reply.json?.['@odata.nextLink'] as string | undefined;
  }
  return { items, delta, pages: count };
}
const download = async (link: string, headers: Record<string, string> = {}): Promise<Reply> => sim.call('GET', link, { token: null, headers });
const put = (url: string, bytes: Buffer, from: number, total: number, headers: Record<string, string> = {}): Promise<Reply> => sim.call('PUT', url, { token: null, raw: bytes, headers: { 'content-type': 'application/octet-stream', 'content-range': `bytes ${from}-${from + bytes.length - 1}/${total}`, ...headers } });
const hash = (bytes: Buffer): string => new QuickXorHash().update(bytes).digest();
const noise = (size: number): Buffer => Buffer.from(Array.from({ length: Math.ceil(size / 32) }, (_each, n) => createHash('sha256').update(String(n)).digest('hex').slice(0, 32)).join('').slice(0, size));
const session = async (path: string, item: Json = {}, more: Json = {}): Promise<string> => {
  const reply = await sim.call('POST', path, { body: { item, ...more } });
  expect(reply.status).toBe(200);
  return String(reply.json?.['uploadUrl']);
};

describe('reading', () => {
  test('delta lists everything once over its pages, without paths and tags of content, and children agree with it', async () => {
    const all = await pages(`/v1.0/drives/${drive}/root/delta?$top=50`);
    expect(all.items).toHaveLength(1 + 240 + 12 + 1 + 3 + 1 + 1);
    expect(all.pages).toBe(6);
    expect(all.items[0]).toMatchObject({ root: {}, name: 'root' });
    for (const item of all.items) {
      expect(item['cTag']).toBeUndefined();
      expect((item['parentReference'] as Json)['path']).toBeUndefined();
    }
    const walk = async (id: string): Promise<Json[]> => {
      const { items } = await pages(`/v1.0/drives/${drive}/items/${id}/children?$top=7`);
      const below = await Promise.all(items.filter((item) => item['folder'] !== undefined || item['package'] !== undefined).map((item) => walk(String(item['id']))));
      return [...items, ...below.flat()];
    };
    const walked = await walk('root');
    expect(new Set(walked.map((item) => item['id']))).toEqual(new Set(all.items.slice(1).map((item) => item['id'])));
    expect(all.delta).toContain('token=');
    expect((await pages(all.delta ?? '')).items).toEqual([]);
  });

  test('an item is the same by id and by its path, whatever its name', async () => {
    const { items } = await pages(`/v1.0/drives/${drive}/root/delta?$select=id,name,file`);
    for (const { id, name } of items.filter((item) => item['file'] !== undefined).slice(0, 60)) {
      const reply = await sim.call('GET', `/v1.0/drives/${drive}/items/${String(id)}`);
      expect(reply.json).toMatchObject({ id, name });
      const { path } = reply.json?.['parentReference'] as { path: string };
      expect((await sim.call('GET', `/v1.0${path === `/drives/${drive}/root:` ? `/drives/${drive}/root:` : path}/${encodeURIComponent(String(name))}?$select=id`)).json?.['id']).toBe(id);
    }
    expect((await sim.call('GET', `/v1.0/drives/${drive}/root:/nothing`)).status).toBe(404);
    expect((await sim.call('GET', `/v1.0/drives/${drive}/items/01CI2FM6DHIURQDK4J57GQCI2FM6E2XTPP`)).error?.['code']).toBe('itemNotFound');
  });

  test('a download is a redirect to another host whose bytes have the hash the item shows; ranges, expiry and tokens are as SharePoint has them', async () => {
    const large = (await sim.call('GET', `/v1.0/drives/${drive}/root:/${encodeURIComponent('Large 0.bin')}`)).json as { id: string; size: number; file: { hashes: { quickXorHash: string } } };
    const reply = await sim.call('GET', `/v1.0/drives/${drive}/items/${large.id}/content`);
    expect(reply.status).toBe(302);
    const link = String(reply.headers.location);
    expect(link).toMatch(/^https:\/\/contoso-my\.sharepoint\.com\/personal\/lena_contoso_com\/_layouts\/15\/download\.aspx\?UniqueId=/);
    const whole = await fetch(new URL(new URL(link).pathname + new URL(link).search, `http://127.0.0.1:${sim.port}`), { headers: { 'x-original-host': 'contoso-my.sharepoint.com' } });
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(bytes.length).toBe(3_000_000);
    expect(hash(bytes)).toBe(large.file.hashes.quickXorHash);
    const part = await download(link, { range: 'bytes=10-19' });
    expect([part.status, part.headers['content-range'], part.headers['content-length']]).toEqual([206, 'bytes 10-19/3000000', '10']);
    expect((await download(link, { range: 'bytes=3000000-' })).status).toBe(416);
    expect((await download(link, { authorization: 'Bearer x' })).status).toBe(401);
    expect((await download(`${link.replace(/tempauth=[^&]+/, 'tempauth=forged')}`)).status).toBe(401);
    await sim.control('POST', '/clock', { advanceMs: 61 * 60_000 });
    expect(await download(link)).toMatchObject({ status: 401, error: { innerError: { code: 'expiredToken' } } });
  });

  test('what cannot be read as a file says so: infected ones, notebooks, shortcuts; parts of notebooks have no hash', async () => {
    const { items } = await pages(`/v1.0/drives/${drive}/root/delta`);
    const infected = items.find((item) => item['malware'] !== undefined);
    expect(await sim.call('GET', `/v1.0/drives/${drive}/items/${String(infected?.['id'])}/content`)).toMatchObject({ status: 403, error: { code: 'malwareDetected' } });
    expect(items.find((item) => item['package'] !== undefined)).toMatchObject({ package: { type: 'oneNote' } });
    expect(items.find((item) => item['remoteItem'] !== undefined)?.['file']).toBeUndefined();
    expect(items.find((item) => String(item['name']).endsWith('.one'))?.['file']).toEqual({ mimeType: 'application/msonenote' });
  });

  test('versions are listed newest first; the current one’s content is refused, earlier ones download', async () => {
    const { items } = await pages(`/v1.0/drives/${drive}/root/delta?$select=id,file`);
    for (const { id } of items.filter((item) => item['file'] !== undefined)) {
      const versions = values(await sim.call('GET', `/v1.0/drives/${drive}/items/${String(id)}/versions`));
      if (versions.length === 1) continue;
      expect(versions.map((each) => each['id'])).toEqual(['4.0', '3.0', '2.0', '1.0']);
      expect(await sim.call('GET', `/v1.0/drives/${drive}/items/${String(id)}/versions/4.0/content`)).toMatchObject({ status: 400, error: { code: 'invalidRequest' } });
      const old = await sim.call('GET', `/v1.0/drives/${drive}/items/${String(id)}/versions/2.0/content`);
      expect((await download(String(old.headers.location))).headers['content-length']).toBe(String(versions[2]?.['size']));
      return;
    }
    throw new Error('no file has versions');
  });

  test('a forgotten delta token is 410 with the way to begin anew; one of another drive is malformed', async () => {
    const { delta } = await pages(`/v1.0/drives/${drive}/root/delta?$top=500`);
    expect((await sim.call('GET', `/v1.0/drives/${drive}/root/delta?token=latest`)).json).toMatchObject({ value: [], '@odata.deltaLink': expect.any(String) as string });
    await sim.control('POST', '/files/expire', { tenant: 'contoso.com', what: 'delta' });
    const reply = await sim.call('GET', delta ?? '');
    expect(reply).toMatchObject({ status: 410, error: { code: 'resyncRequired' } });
    expect((await sim.call('GET', String(reply.headers.location))).status).toBe(200);
    expect((await sim.call('GET', `/v1.0/drives/${drive}/root/delta?token=nonsense`)).status).toBe(400);
  });
});

describe('writing', () => {
  test('an upload in fragments is 202 until its last, keeps the dates it was opened with, and is listed by delta', async () => {
    const { delta } = await pages(`${root}/root/delta`);
    const folder = await sim.call('POST', `${root}/root/children`, { body: { name: 'Ordner 100% #1', folder: {} } });
    expect(folder.status).toBe(201);
    const bytes = noise(fragment * 2 + 1_000);
    const dates = { createdDateTime: '2020-01-02T03:04:05Z', lastModifiedDateTime: '2021-02-03T04:05:06Z' };
    const url = await session(`${root}/items/${String(folder.json?.['id'])}:/${encodeURIComponent('a+b & c.bin')}:/createUploadSession`, { '@microsoft.graph.conflictBehavior': 'fail', fileSystemInfo: dates });
    expect((await put(url, bytes.subarray(0, fragment), 0, bytes.length)).json).toMatchObject({ nextExpectedRanges: [`${fragment}-`] });
    // The same again, a gap, a length that is none, another total, a bearer token.
    expect(await put(url, bytes.subarray(0, fragment), 0, bytes.length)).toMatchObject({ status: 416, error: { innerError: { code: 'fragmentOverlap' } } });
    expect(await put(url, bytes.subarray(0, fragment), fragment * 2, fragment * 3)).toMatchObject({ status: 400 });
    expect(await put(url, bytes.subarray(0, 1_000), fragment * 2, bytes.length)).toMatchObject({ status: 416, error: { innerError: { code: 'fragmentOutOfOrder' } } });
    expect((await put(url, bytes.subarray(fragment, fragment + 1_000), fragment, bytes.length)).status).toBe(400);
    expect((await put(url, bytes.subarray(fragment, 2 * fragment), fragment, bytes.length, { authorization: 'Bearer x' })).status).toBe(401);
    expect((await sim.call('GET', url, { token: null })).json).toMatchObject({ nextExpectedRanges: [`${fragment}-`] });
    expect((await put(url, bytes.subarray(fragment, fragment * 2), fragment, bytes.length)).status).toBe(202);
    const done = await put(url, bytes.subarray(fragment * 2), fragment * 2, bytes.length);
    expect(done).toMatchObject({ status: 201, json: { name: 'a+b & c.bin', size: bytes.length, fileSystemInfo: dates, file: { hashes: { quickXorHash: hash(bytes) } } } });
    expect((await sim.call('GET', url, { token: null })).status).toBe(404);
    const { items } = await pages(delta ?? '');
    expect(items.map((item) => item['name'])).toEqual(['Ordner 100% #1', 'a+b & c.bin']);
  });

  test('conflicts: a session fails at its last fragment, replaces or renames as it was told; a simple upload replaces', async () => {
    const bytes = noise(2_000);
    const whole = (url: string): Promise<Reply> => put(url, bytes, 0, bytes.length);
    const open = (behavior?: string): Promise<string> => session(`${root}/root:/conflict.txt:/createUploadSession`, behavior === undefined ? {} : { '@microsoft.graph.conflictBehavior': behavior });
    expect((await sim.call('PUT', `${root}/root:/conflict.txt:/content`, { raw: bytes })).status).toBe(201);
    expect((await sim.call('PUT', `${root}/root:/CONFLICT.txt:/content`, { raw: bytes })).status).toBe(200);
    expect(await whole(await open())).toMatchObject({ status: 409, error: { code: 'nameAlreadyExists' } });
    expect(await whole(await open('rename'))).toMatchObject({ status: 201, json: { name: 'conflict 1.txt' } });
    expect(await whole(await open('replace'))).toMatchObject({ status: 200, json: { name: 'conflict.txt' } });
    expect(values(await sim.call('GET', `${root}/root:/conflict.txt:/versions`))).toHaveLength(3);
    for (const annotation of ['@microsoft.graph.conflictBehavior', '@name.conflictBehavior']) expect((await sim.call('POST', `${root}/root/children`, { body: { name: 'conflict.txt', folder: {}, [annotation]: 'replace' } })).status).toBe(409);
  });

  test('a session slides by its fragments and ends: after a pause, after a day, by DELETE; an empty file needs the simple upload', async () => {
    const bytes = noise(fragment);
    const first = await session(`${root}/root:/slow.bin:/createUploadSession`);
    await sim.control('POST', '/clock', { advanceMs: 14 * 60_000 });
    expect((await put(first, bytes, 0, fragment * 2)).status).toBe(202);
    await sim.control('POST', '/clock', { advanceMs: 14 * 60_000 });
    expect((await sim.call('GET', first, { token: null })).status).toBe(200);
    await sim.control('POST', '/clock', { advanceMs: 2 * 60_000 });
    expect(await put(first, bytes, fragment, fragment * 2)).toMatchObject({ status: 404, error: { innerError: { code: 'uploadSessionNotFound' } } });
    const second = await session(`${root}/root:/old.bin:/createUploadSession`);
    await sim.control('POST', '/clock', { advanceMs: 25 * 60 * 60_000 });
    expect(await put(second, bytes, 0, fragment)).toMatchObject({ status: 401, error: { innerError: { code: 'expiredToken' } } });
    const third = await session(`${root}/root:/gone.bin:/createUploadSession`);
    expect((await sim.call('DELETE', third, { token: null })).status).toBe(204);
    expect((await sim.call('GET', third, { token: null })).status).toBe(404);
    expect((await sim.call('PUT', `${root}/root:/empty.txt:/content`, { raw: Buffer.alloc(0) })).json).toMatchObject({ size: 0, file: { hashes: { quickXorHash: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' } } });
    expect((await sim.call('PUT', (await session(`${root}/root:/none.txt:/createUploadSession`)), { token: null, raw: Buffer.alloc(0), headers: { 'content-range': 'bytes 0-0/0' } })).status).toBe(400);
  });

  test('bodies that SharePoint refuses are refused: fractions of seconds, one date alone, sizes, unknown names', async () => {
    const open = (item: Json): Promise<Reply> => sim.call('POST', `${root}/root:/bad.bin:/createUploadSession`, { body: { item } });
    for (const item of [{ fileSystemInfo: { createdDateTime: '2020-01-02T03:04:05.123Z', lastModifiedDateTime: '2020-01-02T03:04:05Z' } }, { fileSystemInfo: { createdDateTime: '2020-01-02T03:04:05Z' } }, { size: 3 }, { '@odata.type': 'x' }]) expect(await open(item)).toMatchObject({ status: 400, error: { code: 'invalidRequest' } });
    expect((await sim.call('POST', `${root}/root/children`, { body: { name: 'a:b', folder: {} } })).status).toBe(400);
    const long = await sim.call('POST', `${root}/root/children`, { body: { name: 'x'.repeat(250), folder: {} } });
    expect(await sim.call('POST', `${root}/items/${String(long.json?.['id'])}/children`, { body: { name: 'y'.repeat(250), folder: {} } })).toMatchObject({ status: 400, error: { innerError: { code: 'pathIsTooLong' } } });
  });

  test('dates, renames and moves by PATCH; a tag that does not match is 412; a delete takes what is below with it', async () => {
    const made = await sim.call('POST', `${root}/root/children`, { body: { name: 'Move me', folder: {} } });
    const target = await sim.call('POST', `${root}/root/children`, { body: { name: 'Target', folder: {} } });
    const id = String(made.json?.['id']);
    await sim.call('PUT', `${root}/items/${id}:/inside.txt:/content`, { raw: Buffer.from('x') });
    const { delta } = await pages(`${root}/root/delta`);
    const dates = { createdDateTime: '2019-01-01T00:00:00Z', lastModifiedDateTime: '2019-01-02T00:00:00Z' };
    expect((await sim.call('PATCH', `${root}/items/${id}`, { body: { name: 'Moved', parentReference: { id: target.json?.['id'] }, fileSystemInfo: dates } })).json).toMatchObject({ name: 'Moved', fileSystemInfo: dates });
    expect((await pages(delta ?? '')).items.map((item) => item['name'])).toEqual(['Moved']);
    expect((await sim.call('GET', `${root}/root:/target/MOVED/inside.txt`)).status).toBe(200);
    expect((await sim.call('PATCH', `${root}/items/${id}`, { body: { name: 'x' }, headers: { 'if-match': '"other"' } })).status).toBe(412);
    expect((await sim.call('DELETE', `${root}/items/${id}`)).status).toBe(204);
    expect((await sim.call('GET', `${root}/root:/target/Moved/inside.txt`)).status).toBe(404);
    const gone = await pages(delta ?? '');
    expect(gone.items.filter((item) => item['deleted'] !== undefined)).toHaveLength(2);
  });

  test('SharePoint changes Office files as they arrive, OneDrive does not; a full drive is 507', async () => {
    const bytes = noise(5_000);
    const library = `/v1.0/sites/contoso.sharepoint.com:/sites/finance`;
    const siteId = String((await sim.call('GET', library)).json?.['id']);
    const [office, plain] = await Promise.all(['plan.docx', 'plan.txt'].map((name) => sim.call('PUT', `/v1.0/sites/${siteId}/drive/root:/${name}:/content`, { raw: bytes })));
    expect(office?.json?.['size']).toBeGreaterThan(5_000);
    expect(plain?.json).toMatchObject({ size: 5_000, file: { hashes: { quickXorHash: hash(bytes) } } });
    expect((await sim.call('PUT', `${root}/root:/plan.docx:/content`, { raw: bytes })).json?.['size']).toBe(5_000);
    await sim.control('PATCH', '/tenants/contoso.com/sites/empty_contoso_com', { quotaBytes: 10 });
    expect(await sim.call('PUT', `${root}/root:/more.txt:/content`, { raw: bytes })).toMatchObject({ status: 507, error: { code: 'quotaLimitReached' } });
  });

  test('writing needs a role that writes, and a locked site lets nobody in', async () => {
    sim.world.apps.consent(sim.tenant.id, sim.app.clientId, ['Files.Read.All']);
    try {
      const token = await sim.token();
      expect((await sim.call('GET', `${root}/root/children`, { token })).status).toBe(200);
      expect((await sim.call('PUT', `${root}/root:/x.txt:/content`, { token, raw: Buffer.from('x') })).status).toBe(403);
    } finally {
      sim.world.apps.consent(sim.tenant.id, sim.app.clientId, sim.app.requiredRoles);
    }
    await sim.control('PATCH', '/tenants/contoso.com/sites/empty_contoso_com', { locked: true });
    expect((await sim.call('GET', `${root}/root/children`)).status).toBe(423);
  });
});
