import { readAddresses, readMime } from './mime-reader.js';
import { mailbox, headerValue, writeMime } from './mime-writer.js';

async function text(source: AsyncIterable<Uint8Array | string>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const piece of source) parts.push(Buffer.from(piece as string));
  return Buffer.concat(parts);
}

test('what is written can be read again, attachments byte for byte', async () => {
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7) % 256));
  const raw = await text(writeMime({
    headers: [['Subject', headerValue('Grüße aus München, und noch viel mehr Text als eine Zeile')], ['From', mailbox('Doe, Jane', 'jane@x.example')]],
    body: { contentType: 'html', content: '<p>ä</p>' }, boundary: 'b0',
    attachments: [{ name: 'ü.bin', contentType: 'application/octet-stream', isInline: true, contentId: 'cid1', content: async function* () { await Promise.resolve(); yield bytes.subarray(0, 100); yield bytes.subarray(100); } }],
  }));
  expect(raw.toString('latin1').split('\r\n').every((line) => line.length <= 998)).toBe(true);
  const back = readMime(raw);
  expect(back?.headers[0]?.value).toBe('Grüße aus München, und noch viel mehr Text als eine Zeile');
  expect(readAddresses(back?.headers[1]?.value ?? '')).toEqual([{ name: 'Doe, Jane', address: 'jane@x.example' }]);
  expect(back?.body).toEqual({ contentType: 'html', content: '<p>ä</p>' });
  expect(back?.attachments).toHaveLength(1);
  expect(back?.attachments[0]).toMatchObject({ name: 'ü.bin', isInline: true, contentId: 'cid1' });
  expect(back?.attachments[0]?.bytes.equals(bytes)).toBe(true);
});

test('of two alternatives the HTML one becomes the body', () => {
  const raw = 'Subject: x\nContent-Type: multipart/alternative; boundary=q\n\n--q\n\nplain\n--q\nContent-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n<b>=E4</b>\n--q--\n';
  expect(readMime(Buffer.from(raw))).toMatchObject({ body: { contentType: 'html', content: '<b>ä</b>' }, attachments: [] });
});

test('bytes without a header are not a message', () => {
  expect(readMime(Buffer.from('hello'))).toBeNull();
});
