import { createHash } from 'node:crypto';
import type { ItemResult, TransferItem } from '../../workload.js';
import { markProperty } from '../mapi.js';
import { entry, item, mailboxOn, signal } from '../testing/build.js';
import { graphError, ScriptedPort, type Call } from '../testing/scripted-port.js';
import { copyByJson } from './copy-by-json.js';
import { OutlookFolders } from './outlook-folder.js';

const reason = { verdict: { end: 'failed', failure: 'SOURCE_ITEM_CORRUPT' }, words: { graphCode: 'ErrorItemCorrupt', requestId: null } } as const;
const inbox = { id: 'admin-inbox', displayName: 'Inbox', type: 'IPF.Note', wellKnownName: 'inbox', parentFolderId: null };

interface Stored {
  id: string;
  changeKey: string;
  mark: string;
  attachments: string[];
}

/** A destination that keeps what is created in it, and a source with one message and its attachments. */
class World {
  readonly stored: Stored[] = [];
  readonly calls: Call[] = [];
  attachments: { id: string; size: number; type?: string; bytes: Buffer }[] = [];
  failAttachment: (id: string) => void = () => undefined;
  refuseCreate: (body: unknown) => void = () => undefined;
  uploaded = Buffer.alloc(0);
  sourceMessage: (call: Call) => unknown = () => ({ id: 'm', subject: 's', body: { contentType: 'text', content: '' }, isRead: true, isDraft: false, hasAttachments: this.attachments.length > 0 });

  readonly source = new ScriptedPort((call) => {
    const { path, query } = call;
    if (path.includes('/admin/')) return path.endsWith('/folders/admin-inbox') ? inbox : { singleValueExtendedProperties: [] };
    if (path.endsWith('/messages/a')) throw graphError('bad_request', 'ErrorInvalidIdMalformed');
    if (path.endsWith('/inbox/messages')) return { value: [{ id: 'other', singleValueExtendedProperties: [{ id: 'Binary 0x300b', value: 'x' }] }, { id: 'm', singleValueExtendedProperties: [{ id: 'Binary 0x300b', value: 'sk-a' }] }] };
    if (path.endsWith('/messages/m')) return this.sourceMessage(call);
    if (path.endsWith('/attachments')) return { value: this.attachments.map(({ id, size, type }) => ({ id, name: id, size, isInline: false, '@odata.type': `#microsoft.graph.${type ?? 'fileAttachment'}` })) };
    const id = /attachments\/([^/]+)/.exec(path)?.[1] ?? '';
    this.failAttachment(id);
    const found = this.attachments.find((one) => one.id === id);
    if (path.endsWith('/$value')) return found?.bytes;
    return query['$expand'] === undefined ? { name: id, contentBytes: found?.bytes.toString('base64') } : { name: id, item: { '@odata.type': '#microsoft.graph.message', subject: 'inner', isDraft: true } };
  });

  readonly destination = new ScriptedPort((call) => {
    this.calls.push(call);
    const { method, path, query, body } = call;
    if (path.endsWith('/folders/dest-inbox')) return { ...inbox, id: 'dest-inbox' };
    if (path.includes('/admin/') && path.endsWith('/items')) {
      const mark = /value eq '([^']+)'/.exec(query['$filter'] ?? '')?.[1];
      return { value: this.stored.filter((one) => one.mark === mark).map(({ id, changeKey, mark: own }) => ({ id: `admin-${id}`, changeKey, singleValueExtendedProperties: [{ id: markProperty, value: own }] })) };
    }
    if (path.includes('/admin/')) {
      const id = path.split('/').at(-1)?.replace('admin-', '');
      const at = this.stored.findIndex((one) => one.id === id);
      if (at === -1) throw graphError('not_found');
      if (method === 'DELETE') this.stored.splice(at, 1);
      return { changeKey: this.stored[at]?.changeKey };
    }
    if (path.startsWith('https://')) {
      this.uploaded = Buffer.concat([this.uploaded, body as Buffer]);
      return {};
    }
    if (method === 'POST' && path.endsWith('/inbox/messages')) {
      this.refuseCreate(body);
      const message: Stored = { id: `n${this.stored.length + 1}`, changeKey: 'k1', mark: markOf(body), attachments: [] };
      this.stored.push(message);
      return { id: message.id };
    }
    const message = this.stored.find(({ id }) => path.includes(`/messages/${id}`));
    if (message === undefined) throw graphError('not_found', 'ErrorItemNotFound');
    if (method === 'PATCH') {
      message.mark = markOf(body);
      message.changeKey = 'k2';
    }
    if (path.endsWith('/createUploadSession')) return { uploadUrl: 'https://outlook.office.com/upload' };
    if (method === 'POST') message.attachments.push((body as { name: string }).name);
    return { id: message.id };
  });

  async copy(more: Partial<TransferItem> = {}): Promise<ItemResult> {
    const ends = { source: mailboxOn(this.source, 'source'), destination: mailboxOn(this.destination, 'dest') };
    const ports = { ...ends, sourceFolders: new OutlookFolders(ends.source), destFolders: new OutlookFolders(ends.destination), taskCopies: new Set<string>() };
    return await copyByJson(ports, entry('a', more), { id: 'admin-inbox', type: 'IPF.Note' }, 'dest-inbox', reason, signal);
  }
}

function markOf(body: unknown): string {
  const list = (body as { singleValueExtendedProperties: { id: string; value: string }[] }).singleValueExtendedProperties;
  return list.find(({ id }) => id === markProperty)?.value ?? '';
}

const bytes = (length: number, seed: number): Buffer => Buffer.alloc(length, createHash('sha256').update(String(seed)).digest());

test('a message is found by its search key and comes back with its id in the space of the listing', async () => {
  const world = new World();
  expect(await world.copy()).toMatchObject({ outcome: 'copied', dest: { id: 'admin-n1', version: 'k1' } });
  expect(world.stored).toMatchObject([{ mark: 'mark-a' }]);
});

test('a copy with attachments is whole before it carries its mark', async () => {
  const world = new World();
  world.attachments = [{ id: 'small', size: 10, bytes: bytes(10, 1) }, { id: 'item', size: 10, type: 'itemAttachment', bytes: bytes(1, 1) }, { id: 'link', size: 1, type: 'referenceAttachment', bytes: bytes(1, 1) }];
  expect(await world.copy()).toMatchObject({ outcome: 'copied', dest: { id: 'admin-n1', version: 'k2' } });
  expect(world.stored).toMatchObject([{ mark: 'mark-a', attachments: ['small', 'item', 'link (not copied).txt'] }]);
  const create = world.calls.find(({ method, path }) => method === 'POST' && path.endsWith('/messages'));
  expect(markOf(create?.body)).toBe('mark-a.partial');
});

test('a large attachment arrives byte for byte through an upload session', async () => {
  const world = new World();
  world.attachments = [{ id: 'big', size: 9_000_000, bytes: bytes(9_000_000, 2) }];
  expect(await world.copy()).toMatchObject({ outcome: 'copied' });
  expect(world.uploaded.equals(bytes(9_000_000, 2))).toBe(true);
});

test('a damaged attachment is named in the copy and does not cost the message', async () => {
  const world = new World();
  world.attachments = [{ id: 'bad', size: 10, bytes: bytes(10, 1) }, { id: 'good', size: 10, bytes: bytes(10, 1) }];
  world.failAttachment = (id) => {
    if (id === 'bad') throw graphError('unavailable', 'ErrorCannotOpenFileAttachment');
  };
  expect(await world.copy()).toMatchObject({ outcome: 'copied' });
  expect(world.stored[0]?.attachments).toEqual(['bad (not copied).txt', 'good']);
});

test('a copy that cannot be finished is taken back', async () => {
  const world = new World();
  world.attachments = [{ id: 'one', size: 10, bytes: bytes(10, 1) }];
  world.failAttachment = () => {
    throw graphError('throttled');
  };
  expect(await world.copy()).toMatchObject({ outcome: 'failed', failure: 'SOURCE_READ_FAILED' });
  expect(world.stored).toEqual([]);
});

test('what an interrupted attempt has left is removed before the next one', async () => {
  const world = new World();
  world.stored.push({ id: 'left', changeKey: 'k', mark: 'mark-a.partial', attachments: [] });
  await world.copy();
  expect(world.stored.map(({ mark }) => mark)).toEqual(['mark-a']);
});

test('an update stands before the version it replaces goes, and leaves one copy', async () => {
  const world = new World();
  world.stored.push({ id: 'old', changeKey: 'k0', mark: 'mark-a', attachments: [] }, { id: 'older', changeKey: 'k', mark: 'mark-a', attachments: [] });
  expect(await world.copy({ existing: { id: 'admin-old', version: 'k0' } })).toMatchObject({ outcome: 'updated', dest: { id: 'admin-n3' } });
  expect(world.stored.map(({ id }) => id)).toEqual(['n3']);
});

test('a message keeps what it answers, and arrives without that where the destination does not take it', async () => {
  const world = new World();
  const answers = { id: 'String 0x1042', value: '<first@x.example>' };
  world.sourceMessage = () => ({ subject: 's', body: { contentType: 'text', content: '' }, singleValueExtendedProperties: [answers] });
  const bodies: string[] = [];
  world.refuseCreate = (body) => {
    bodies.push(JSON.stringify(body));
    if (bodies.length === 1) throw graphError('bad_request', 'ErrorInvalidProperty');
  };
  expect(await world.copy()).toMatchObject({ outcome: 'copied' });
  expect(bodies.map((body) => body.includes(answers.value))).toEqual([true, false]);
});

test('a copy that a person has changed is not replaced', async () => {
  const world = new World();
  world.stored.push({ id: 'old', changeKey: 'touched', mark: 'mark-a', attachments: [] });
  expect(await world.copy({ existing: { id: 'admin-old', version: 'k0' } })).toMatchObject({ outcome: 'skipped', cause: 'DEST_ITEM_CHANGED' });
  expect(world.stored).toHaveLength(1);
});

test.each(['corrupt', 'bad_request'] as const)('an item that JSON cannot read either (%s) ends with the first refusal', async (kind) => {
  const world = new World();
  world.sourceMessage = () => {
    throw graphError(kind);
  };
  expect(await world.copy()).toEqual({ key: 'a', outcome: 'failed', failure: 'SOURCE_ITEM_CORRUPT', graphCode: 'ErrorItemCorrupt', requestId: null });
});

test.each(['IPM.DistList', 'IPM.StickyNote', 'IPM.Activity'])('%s, which only the stream carries, ends with the first refusal and writes nothing', async (kind) => {
  const world = new World();
  expect(await world.copy({ item: item('a', { kind }) })).toMatchObject({ outcome: 'failed', failure: 'SOURCE_ITEM_CORRUPT' });
  expect(world.calls).toEqual([]);
});

test('a create whose answer is lost is in doubt', async () => {
  const world = new World();
  const ends = { source: mailboxOn(world.source, 'source'), destination: mailboxOn(new ScriptedPort((call) => {
    if (call.method === 'POST') throw graphError('in_doubt');
    return call.path.endsWith('/items') ? { value: [] } : { ...inbox, id: 'dest-inbox' };
  }), 'dest') };
  const ports = { ...ends, sourceFolders: new OutlookFolders(ends.source), destFolders: new OutlookFolders(ends.destination), taskCopies: new Set<string>() };
  expect(await copyByJson(ports, entry('a'), { id: 'admin-inbox', type: 'IPF.Note' }, 'dest-inbox', reason, signal)).toMatchObject({ outcome: 'in_doubt' });
});
