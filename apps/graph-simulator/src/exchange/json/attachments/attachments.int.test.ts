import { createHash } from 'node:crypto';
import { jsonClient, startTestSimulator, type Json, type JsonClient } from '../testing/json-client.js';
import { seededContent } from '../../store/content.js';
import type { Reply } from '../../../testing/test-simulator.js';

let c: JsonClient;
let message: string;
beforeAll(async () => {
  c = await jsonClient(await startTestSimulator(), 'attach');
  message = encodeURIComponent((await c.json('POST', '/messages', { subject: 'carrier' }))['id'] as string);
});
afterAll(async () => { await c.sim.close(); });

const size = 5_000_000;
const slice = 2_000_000;
const bytes = Buffer.concat([...seededContent('upload', size).stream()]);

async function open(item: Json = {}, at = `/messages/${message}`): Promise<Json> {
  return c.json('POST', `${at}/attachments/createUploadSession`, { AttachmentItem: { attachmentType: 'file', name: 'big.bin', size, ...item } });
}

const put = (url: unknown, from: number, to: number, total = size, piece = bytes.subarray(from, to)): Promise<Reply> => c.call('PUT', url as string, { token: null, raw: piece, headers: { 'content-type': 'application/octet-stream', 'content-range': `bytes ${String(from)}-${String(to - 1)}/${String(total)}` } });

describe('an upload session', () => {
  test('takes slices in order, names the next offset bare, and ends with 201, no body and the place', async () => {
    const session = await open({ isInline: true, contentId: 'c1', contentType: 'image/png' });
    expect(session['nextExpectedRanges']).toEqual(['0-']);
    expect(await put(session['uploadUrl'], 0, slice)).toMatchObject({ status: 200, json: { nextExpectedRanges: [String(slice)] } });
    expect(await put(session['uploadUrl'], slice, 2 * slice)).toMatchObject({ status: 200, json: { nextExpectedRanges: [String(2 * slice)] } });
    const last = await put(session['uploadUrl'], 2 * slice, size);
    expect(last).toMatchObject({ status: 201, text: '' });
    const id = /\/Attachments\('([^']+)'\)$/.exec(last.headers.location ?? '')?.[1] ?? '';
    const read = await c.json('GET', `/messages/${message}/attachments/${encodeURIComponent(id)}`);
    expect(read).toMatchObject({ '@odata.type': '#microsoft.graph.fileAttachment', name: 'big.bin', size, isInline: true, contentId: 'c1' });
    expect(createHash('sha256').update(Buffer.from(read['contentBytes'] as string, 'base64')).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(await c.json('GET', `/messages/${message}?$select=hasAttachments`)).toMatchObject({ hasAttachments: false });
    expect((await put(session['uploadUrl'], 0, slice)).status).toBe(404);
  });

  test('refuses slices out of order, of another total, or of another length, and goes on after it', async () => {
    const { uploadUrl } = await open();
    expect((await put(uploadUrl, slice, 2 * slice)).status).toBe(416);
    expect((await put(uploadUrl, 0, slice, size + 1)).status).toBe(416);
    expect((await put(uploadUrl, 0, slice, size, bytes.subarray(0, 10))).status).toBe(416);
    expect((await put(uploadUrl, 0, slice)).status).toBe(200);
    expect((await put(uploadUrl, 0, slice)).status).toBe(416);
    expect(await c.call('GET', uploadUrl as string, { token: null })).toMatchObject({ status: 200, json: { nextExpectedRanges: [String(slice)] } });
  });

  test('refuses a slice above 4 MB, a missing range, a bearer token', async () => {
    const { uploadUrl } = await open();
    expect(await put(uploadUrl, 0, 4 * 1024 * 1024 + 1)).toMatchObject({ status: 413, text: '' });
    expect((await c.call('PUT', uploadUrl as string, { token: null, raw: bytes.subarray(0, 10) })).status).toBe(400);
    expect((await c.call('GET', uploadUrl as string)).status).toBe(401);
  });

  test('is gone once cancelled or expired', async () => {
    const cancelled = await open();
    expect((await c.call('DELETE', cancelled['uploadUrl'] as string, { token: null })).status).toBe(204);
    expect((await put(cancelled['uploadUrl'], 0, slice)).status).toBe(404);
    const ended = await open();
    c.mailbox.uploadGeneration += 1;
    expect((await put(ended['uploadUrl'], 0, slice)).status).toBe(401);
    const old = await open();
    c.sim.world.clock.advance(61 * 60_000);
    expect((await put(old['uploadUrl'], 0, slice)).status).toBe(401);
  });

  test('is for files alone', async () => {
    expect(await c.call('POST', `/messages/${message}/attachments/createUploadSession`, { token: await c.sim.token(), body: { AttachmentItem: { attachmentType: 'item', name: 'x', size } } })).toMatchObject({ status: 405, error: { code: 'ErrorAttachmentSessionIsSupportedOnlyForFileAttachments' } });
  });
});

describe('small attachments', () => {
  let d: JsonClient;
  let at: string;
  beforeAll(async () => {
    d = await jsonClient(c.sim, 'small');
    at = `/messages/${encodeURIComponent((await d.json('POST', '/messages', { subject: 'carrier', singleValueExtendedProperties: [{ id: 'Integer 0x0E07', value: '1' }] }))['id'] as string)}`;
  });

  test('a file is kept byte for byte and shows on the message', async () => {
    const made = await d.json('POST', `${at}/attachments`, { '@odata.type': '#microsoft.graph.fileAttachment', name: 'a.txt', contentType: 'text/plain', contentBytes: Buffer.from('häh').toString('base64') });
    expect(await d.call('GET', `${at}/attachments/${encodeURIComponent(made['id'] as string)}/$value`)).toMatchObject({ status: 200, text: 'häh' });
    expect(await d.json('GET', `${at}?$select=hasAttachments,isDraft`)).toMatchObject({ hasAttachments: true, isDraft: false });
  });

  test('an attached item needs its item, without read-only properties, and comes only when expanded', async () => {
    const body = (item?: Json): Json => ({ '@odata.type': '#microsoft.graph.itemAttachment', name: 'i', ...(item === undefined ? {} : { item }) });
    expect(await d.call('POST', `${at}/attachments`, { body: body() })).toMatchObject({ status: 400, error: { code: 'ErrorInvalidProperty' } });
    expect(await d.call('POST', `${at}/attachments`, { body: body({ '@odata.type': '#microsoft.graph.message', subject: 's', isDraft: false }) })).toMatchObject({ status: 400 });
    const made = await d.json('POST', `${at}/attachments`, body({ '@odata.type': '#microsoft.graph.message', subject: 'inner', body: { contentType: 'text', content: 'deep' } }));
    const one = `${at}/attachments/${encodeURIComponent(made['id'] as string)}`;
    expect(await d.json('GET', one)).not.toHaveProperty('item');
    expect(await d.json('GET', `${one}?$expand=microsoft.graph.itemattachment/item`)).toMatchObject({ item: { '@odata.type': '#microsoft.graph.message', subject: 'inner' } });
    expect((await d.call('GET', `${one}/$value`)).text).toContain('Subject: inner');
  });

  test('the content of a reference is 405', async () => {
    const made = await d.json('POST', `${at}/attachments`, { '@odata.type': '#microsoft.graph.referenceAttachment', name: 'r', sourceUrl: 'https://x.example/f' });
    expect((await d.call('GET', `${at}/attachments/${encodeURIComponent(made['id'] as string)}/$value`)).status).toBe(405);
  });
});
