/**
 * Reads the answer of `exportItems` while it arrives. One exported item can be hundreds of megabytes of base64 in one JSON
 * string (Exchange was seen to answer 3.8 MB for an item of 95 KB), so the answer is never parsed as a whole: the bytes of
 * `data` are handed on as they come and only the small fields around them are kept.
 * https://learn.microsoft.com/graph/api/mailbox-exportitems
 */
import { ExportUnreadable } from './transfer-failures.js';

/** What the scanner sees, in document order. `data` bytes belong to the entry opened last. */
export type ExportEvent =
  | { readonly type: 'entry' }
  | { readonly type: 'field'; readonly name: 'itemId' | 'changeKey' | 'errorCode' | 'errorMessage'; readonly value: string }
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'entryEnd' };

/** Strings around the data longer than this are no ids or codes; the rest of them is dropped. */
const fieldBytesMax = 64 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const escapes: Record<string, number> = { '"': quote, '\\': backslash, '/': 0x2f, b: 8, f: 12, n: 10, r: 13, t: 9 };

interface Level {
  readonly array: boolean;
  key: string | null;
}

type StringUse = 'key' | 'field' | 'data' | 'ignored';

/** Incremental JSON reader for one export answer. Feed bytes with `push`, then call `end`. */
export class ExportScanner {
  private readonly levels: Level[] = [];
  private expectKey = false;
  private started = false;
  /** Non-null while inside a string. */
  private use: StringUse | null = null;
  /** What a field's string has held so far, of earlier chunks too. */
  private text: Buffer[] = [];
  private textBytes = 0;
  private escape: string | null = null;
  private surrogate = 0;

  /** Reads a chunk. Slices of `data` share memory with the chunk; use them before the next call. */
  push(bytes: Uint8Array): ExportEvent[] {
    const chunk = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const events: ExportEvent[] = [];
    let at = 0;
    while (at < chunk.length) at = this.use === null ? this.structure(chunk, at, events) : this.string(chunk, at, events);
    return events;
  }

  /** Call when the input has ended. Throws ExportUnreadable unless the document was complete. */
  end(): void {
    if (!this.started || this.levels.length > 0 || this.use !== null) throw new ExportUnreadable('the export answer ended early');
  }

  private structure(chunk: Buffer, at: number, events: ExportEvent[]): number {
    const byte = chunk[at];
    const level = this.levels.at(-1);
    switch (byte) {
      case 0x7b: // {
      case 0x5b: // [
        this.levels.push({ array: byte === 0x5b, key: null });
        this.started = true;
        this.expectKey = byte === 0x7b;
        if (byte === 0x7b && this.levels.length === 3 && this.inValue()) events.push({ type: 'entry' });
        break;
      case 0x7d: // }
      case 0x5d: // ]
        if (level?.array !== (byte === 0x5d)) throw new ExportUnreadable('the export answer is not well-formed');
        if (byte === 0x7d && this.levels.length === 3 && this.inValue()) events.push({ type: 'entryEnd' });
        this.levels.pop();
        this.expectKey = false;
        break;
      case 0x2c: // ,
        this.expectKey = level?.array === false;
        break;
      case quote:
        if (level === undefined) throw new ExportUnreadable('the export answer is not a JSON object');
        this.use = this.expectKey ? 'key' : this.meaning();
        this.text = [];
        this.textBytes = 0;
        break;
      default: // white space, numbers, literals, colons
        if (level === undefined && byte !== undefined && byte > 0x20 && !isByteOrderMark(byte)) throw new ExportUnreadable('the export answer is not a JSON object');
    }
    return at + 1;
  }

  private string(chunk: Buffer, from: number, events: ExportEvent[]): number {
    if (this.escape !== null) {
      this.continueEscape(chunk[from] ?? 0, events);
      return from + 1;
    }
    const at = endOfRun(chunk, from);
    // Nearly every name and id stands in one piece: it is read where it is.
    if (chunk[at] === quote && this.textBytes === 0 && (this.use === 'key' || this.use === 'field')) {
      this.endString(chunk.toString('utf8', from, Math.min(at, from + fieldBytesMax)), events);
      return at + 1;
    }
    if (at > from) this.take(chunk.subarray(from, at), events);
    if (at === chunk.length) return at;
    if (chunk[at] === backslash) this.escape = '';
    else this.closeString(events);
    return at + 1;
  }

  private continueEscape(byte: number, events: ExportEvent[]): void {
    const sequence = `${this.escape ?? ''}${String.fromCharCode(byte)}`;
    if (sequence.startsWith('u')) {
      if (sequence.length < 5) {
        this.escape = sequence;
        return;
      }
      const unit = Number.parseInt(sequence.slice(1), 16);
      if (Number.isNaN(unit)) throw new ExportUnreadable('the export answer has a broken escape');
      this.escape = null;
      this.takeUnit(unit, events);
      return;
    }
    const plain = escapes[sequence];
    if (plain === undefined) throw new ExportUnreadable('the export answer has a broken escape');
    this.escape = null;
    this.take(Uint8Array.of(plain), events);
  }

  private takeUnit(unit: number, events: ExportEvent[]): void {
    if (unit >= 0xd800 && unit <= 0xdbff) {
      this.surrogate = unit;
      return;
    }
    const high = this.surrogate;
    this.surrogate = 0;
    const text = high > 0 ? String.fromCharCode(high, unit) : String.fromCharCode(unit);
    this.take(Buffer.from(text, 'utf8'), events);
  }

  private take(bytes: Uint8Array, events: ExportEvent[]): void {
    if (this.use === 'data') events.push({ type: 'data', bytes });
    else if (this.use !== 'ignored' && this.textBytes < fieldBytesMax) {
      // A copy: the chunk is the caller's again after this call.
      const kept = Buffer.from(bytes.subarray(0, fieldBytesMax - this.textBytes));
      this.text.push(kept);
      this.textBytes += kept.length;
    }
  }

  private closeString(events: ExportEvent[]): void {
    this.endString(this.use === 'key' || this.use === 'field' ? Buffer.concat(this.text).toString('utf8') : '', events);
  }

  private endString(value: string, events: ExportEvent[]): void {
    const use = this.use;
    this.use = null;
    this.surrogate = 0;
    if (use !== 'key' && use !== 'field') return;
    const level = this.levels.at(-1);
    if (use === 'key') {
      this.expectKey = false;
      if (level !== undefined) level.key = value.toLowerCase();
      return;
    }
    const name = this.fieldName();
    if (name !== null) events.push({ type: 'field', name, value });
  }

  private meaning(): StringUse {
    if (this.levels.length === 3 && this.inValue() && this.levels[2]?.key === 'data') return 'data';
    return this.fieldName() === null ? 'ignored' : 'field';
  }

  /** Which small field of an entry the current position is; the page on archive redirects spells the error key `Error`. */
  private fieldName(): 'itemId' | 'changeKey' | 'errorCode' | 'errorMessage' | null {
    if (!this.inValue()) return null;
    const [, , entry, error] = this.levels;
    if (this.levels.length === 3 && entry?.array === false) return entry.key === 'itemid' ? 'itemId' : entry.key === 'changekey' ? 'changeKey' : null;
    if (this.levels.length === 4 && entry?.key === 'error') return error?.key === 'code' ? 'errorCode' : error?.key === 'message' ? 'errorMessage' : null;
    return null;
  }

  private inValue(): boolean {
    return this.levels[0]?.key === 'value' && this.levels[0].array === false && this.levels[1]?.array === true;
  }
}

/** Where the run of plain string bytes ends: at a quote, a backslash or the end of the chunk. */
function endOfRun(chunk: Buffer, from: number): number {
  const end = chunk.indexOf(quote, from);
  const stop = end === -1 ? chunk.length : end;
  const slash = chunk.subarray(from, stop).indexOf(backslash);
  return slash === -1 ? stop : from + slash;
}

function isByteOrderMark(byte: number): boolean {
  return byte === 0xef || byte === 0xbb || byte === 0xbf;
}

/** The events of a whole answer, those of a chunk together, as its bytes arrive. Throws ExportUnreadable when it ends early. */
export async function* scanExport(body: AsyncIterable<Uint8Array>): AsyncGenerator<ExportEvent[]> {
  const scanner = new ExportScanner();
  for await (const chunk of body) yield scanner.push(chunk);
  scanner.end();
}
