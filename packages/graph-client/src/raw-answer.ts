/**
 * An answer of HTTP/1.1 to a GET, taken apart as its bytes come (RFC 9112). Strict: what could be read in two ways is no answer. For long
 * ones only: what is general and forgiving looks at every byte, or copies it.
 */

const headCharsMax = 16 * 1024;
const lineCharsMax = 1024;

type Headers = Readonly<Record<string, string>>;

export interface AnswerHead {
  readonly status: number;
  /** Names are in lower case. */
  readonly headers: Headers;
  /** Of the body; null when it is not told. */
  readonly length: number | null;
  /** How long the connection may wait for its next request; 0 when there is none. */
  readonly idleMs: number;
}

export interface AnswerParts {
  head(head: AnswerHead): void;
  /** `bytes` from `from` to `to` are of the body; what they lie in is used again. */
  piece(bytes: Buffer, from: number, to: number): void;
}

/** Where nothing is said of it, no server waits for less. */
const idleMsUsual = 4_000;
/** By which a server is believed to close earlier than it says. */
const idleMsLess = 1_000;

type State = 'head' | 'body' | 'chunk head' | 'chunk' | 'chunk end' | 'trailer' | 'until it closes' | 'over';

export class RawAnswer {
  #state: State = 'head';
  /** Of the head, or of a line between chunks: what has come of it. */
  #text = '';
  /** Bytes that are still to come of the body, or of a chunk of it. */
  #left = 0;

  constructor(private readonly parts: AnswerParts) {}

  get over(): boolean {
    return this.#state === 'over';
  }

  /** Takes what came, up to `end`, and returns how much of it belongs to this answer. Throws on what is no answer, and what `parts` throws. */
  take(bytes: Buffer, end: number): number {
    let at = 0;
    while (at < end && this.#state !== 'over') {
      switch (this.#state) {
        case 'head':
          at = this.#until('\r\n\r\n', headCharsMax, bytes, at, end, (text) => { this.#head(text); });
          break;
        case 'chunk head':
          at = this.#until('\r\n', lineCharsMax, bytes, at, end, (text) => { this.#chunk(text); });
          break;
        case 'chunk end':
          at = this.#until('\r\n', 2, bytes, at, end, (text) => {
            if (text !== '') throw new Error('The answer is no HTTP: a chunk of it has no end.');
            this.#state = 'chunk head';
          });
          break;
        case 'trailer':
          at = this.#until('\r\n', lineCharsMax, bytes, at, end, (text) => { if (text === '') this.#state = 'over'; });
          break;
        case 'until it closes':
          this.parts.piece(bytes, at, end);
          at = end;
          break;
        case 'body':
        case 'chunk': {
          const to = Math.min(end, at + this.#left);
          this.#left -= to - at;
          this.parts.piece(bytes, at, to);
          at = to;
          if (this.#left === 0) this.#state = this.#state === 'chunk' ? 'chunk end' : 'over';
        }
      }
    }
    return at;
  }

  /** The other side has closed; returns whether all of it has come. */
  closed(): boolean {
    if (this.#state === 'until it closes') this.#state = 'over';
    return this.#state === 'over';
  }

  /** Gathers text up to `mark`, which may come in two pieces, and returns where what follows begins. */
  #until(mark: string, charsMax: number, bytes: Buffer, at: number, end: number, found: (text: string) => void): number {
    const had = this.#text.length;
    const text = this.#text + bytes.toString('latin1', at, Math.min(end, at + charsMax + mark.length));
    const stands = text.indexOf(mark, Math.max(0, had - mark.length + 1));
    if (stands < 0 ? text.length > charsMax : stands > charsMax) throw new Error('The answer is no HTTP: a line of it has no end.');
    this.#text = stands < 0 ? text : '';
    if (stands < 0) return at + text.length - had;
    found(text.slice(0, stands));
    return at + stands + mark.length - had;
  }

  #head(text: string): void {
    const [first = '', ...lines] = text.split('\r\n');
    const [, minor = '', code = ''] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first) ?? [];
    const status = Number(code);
    if (status < 100 || status === 101) throw new Error('The answer is no HTTP.');
    // Others may come before the answer itself.
    if (status < 200) return;
    const headers = headersOf(lines);
    const length = lengthOf(headers, status);
    this.#left = length ?? 0;
    this.#state = length === 0 ? 'over' : length !== null ? 'body' : headers['transfer-encoding'] !== undefined ? 'chunk head' : 'until it closes';
    this.parts.head({ status, headers, length, idleMs: minor === '1' && this.#state !== 'until it closes' ? idleMsOf(headers) : 0 });
  }

  #chunk(text: string): void {
    const [, size] = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(text) ?? [];
    if (size === undefined) throw new Error('The answer is no HTTP: a chunk of it has no size.');
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'chunk';
  }
}

function headersOf(lines: readonly string[]): Headers {
  const headers = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const [, name, told = ''] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):(.*)$/.exec(line) ?? [];
    if (name === undefined) throw new Error('The answer is no HTTP: a header of it has no name.');
    const [key, value] = [name.toLowerCase(), told.trim()];
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return headers;
}

/** Null when the end is not known before it comes. */
function lengthOf(headers: Headers, status: number): number | null {
  if (status === 204 || status === 304) return 0;
  const [coded, told] = [headers['transfer-encoding'], headers['content-length']];
  if (coded !== undefined && (coded.toLowerCase() !== 'chunked' || told !== undefined)) throw new Error('The answer does not say where it ends.');
  if (told === undefined) return null;
  if (!/^\d{1,15}$/.test(told)) throw new Error('The answer does not say where it ends.');
  return Number(told);
}

function idleMsOf(headers: Headers): number {
  if (/\bclose\b/i.test(headers['connection'] ?? '')) return 0;
  const [, seconds] = /\btimeout=(\d{1,6})/i.exec(headers['keep-alive'] ?? '') ?? [];
  return seconds === undefined ? idleMsUsual : Math.max(0, Number(seconds) * 1_000 - idleMsLess);
}
