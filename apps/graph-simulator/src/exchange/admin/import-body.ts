/** Reads the JSON body of an import as it arrives: `Data` may be hundreds of megabytes and is decoded in pieces. */
export interface ImportFields {
  FolderId?: unknown;
  Mode?: unknown;
  ItemId?: unknown;
  ChangeKey?: unknown;
  [name: string]: unknown;
}

/** The body is not the JSON object that an import takes. */
export class BadImportBody extends Error {}

/** Passes the decoded bytes of `Data` to `onData` and resolves with the other fields; `sawData` tells whether there was any. */
export async function readImportBody(source: AsyncIterable<Buffer> | Iterable<Buffer>, onData: (piece: Buffer) => void): Promise<{ fields: ImportFields; sawData: boolean }> {
  const base64 = new Base64Reader(onData);
  let outside = '';
  let inside = false;
  let sawData = false;
  for await (const chunk of source) {
    let text = chunk.toString('latin1');
    while (text !== '') {
      if (inside) {
        const end = text.indexOf('"');
        base64.write(end < 0 ? text : text.slice(0, end));
        if (end < 0) break;
        inside = false;
        base64.end();
        text = text.slice(end);
        continue;
      }
      outside += text;
      text = '';
      const match = sawData ? null : /"Data"\s*:\s*"/.exec(outside);
      if (match !== null) {
        const begin = match.index + match[0].length;
        text = outside.slice(begin);
        outside = outside.slice(0, begin);
        sawData = true;
        inside = true;
      }
      if (outside.length > 64 * 1024) throw new BadImportBody('The request body is not valid.');
    }
  }
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(outside, 'latin1').toString('utf8'));
  } catch {
    throw new BadImportBody('The request body is not valid JSON.');
  }
  if (inside || typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw new BadImportBody('The request body is not valid.');
  return { fields: fields as ImportFields, sawData };
}

class Base64Reader {
  #carry = '';
  constructor(private readonly onData: (piece: Buffer) => void) {}
  write(text: string): void {
    let all = this.#carry + text;
    // Some JSON writers escape the slash; a backslash at the end of a piece waits for the next one.
    if (all.includes('\\')) all = all.replaceAll('\\/', '/');
    const held = all.endsWith('\\') ? '\\' : '';
    if (held !== '') all = all.slice(0, -1);
    if (/[^A-Za-z0-9+/=]/.test(all)) throw new BadImportBody('Data is not base64.');
    const whole = all.length - (all.length % 4);
    if (whole > 0) this.onData(Buffer.from(all.slice(0, whole), 'base64'));
    this.#carry = all.slice(whole) + held;
  }
  end(): void {
    if (this.#carry !== '') throw new BadImportBody('Data is not base64.');
  }
}
