import { ExportScanner, scanExport, type ExportEvent } from './export-scanner.js';
import { ExportUnreadable } from './transfer-failures.js';

interface Entry {
  itemId?: string;
  changeKey?: string;
  errorCode?: string;
  data: string;
}

function entriesOf(events: readonly ExportEvent[]): Entry[] {
  const entries: Entry[] = [];
  for (const event of events) {
    if (event.type === 'entry') entries.push({ data: '' });
    const entry = entries.at(-1)!;
    if (event.type === 'data') entry.data += Buffer.from(event.bytes).toString('latin1');
    if (event.type === 'field' && event.name !== 'errorMessage') entry[event.name] = event.value;
  }
  return entries;
}

function scan(text: string, pieceBytes: number): Entry[] {
  const scanner = new ExportScanner();
  const bytes = Buffer.from(text);
  const events: ExportEvent[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) events.push(...scanner.push(Buffer.from(bytes.subarray(at, at + pieceBytes))).map((event) => (event.type === 'data' ? { ...event, bytes: Buffer.from(event.bytes) } : event)));
  scanner.end();
  return entriesOf(events);
}

const answer = JSON.stringify({
  '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#Collection(exportItemResponse)',
  note: { value: [{ itemId: 'not an entry', data: 'no' }] },
  value: [
    { itemId: 'AAA=', changeKey: 'ck1', data: 'QUJD/+==' },
    { itemId: 'größe', error: { code: 'ErrorItemCorrupt', message: 'a "quoted" \\ word', innerError: { code: 'not this one' } } },
    { data: 'Zm9v', extra: [1, { data: 'not this' }, 'x'], changeKey: 'ck3', itemId: 'late' },
    { itemId: 'redirected', Error: { Code: 'ErrorArchiveFolderMovedPermanently' } },
  ],
});

test.each([1, 2, 3, 5, 64, 100_000])('the same entries come out whatever the pieces are (%i bytes)', (pieceBytes) => {
  expect(scan(answer, pieceBytes)).toEqual([
    { itemId: 'AAA=', changeKey: 'ck1', data: 'QUJD/+==' },
    { itemId: 'größe', errorCode: 'ErrorItemCorrupt', data: '' },
    { itemId: 'late', changeKey: 'ck3', data: 'Zm9v' },
    { itemId: 'redirected', errorCode: 'ErrorArchiveFolderMovedPermanently', data: '' },
  ]);
});

test.each([1, 4, 1000])('escaped characters of base64 come out as themselves (%i bytes)', (pieceBytes) => {
  expect(scan('{"value":[{"itemId":"\\ud83d\\ude00\\u0041","data":"a\\/b\\u002Bc\\u003d"}]}', pieceBytes)).toEqual([{ itemId: '😀A', data: 'a/b+c=' }]);
});

test.each(['', '{"value":[{"itemId":"a","data":"QUJ', '{"value":[{"itemId":"a","data":"QUJD"}', '[]x', '"text"', '{"value":[}'])('an answer that breaks off or is no JSON object never passes for whole: %j', async (text) => {
  const all = async (): Promise<void> => {
    for await (const events of scanExport(
      (async function* () {
        yield await Promise.resolve(Buffer.from(text));
      })(),
    ))
      expect(Array.isArray(events)).toBe(true);
  };
  await expect(all()).rejects.toBeInstanceOf(ExportUnreadable);
});
