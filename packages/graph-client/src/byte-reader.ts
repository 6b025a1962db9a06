/**
 * Reads long answers into memory that is there. What arrives on a connection is put into one small piece of memory, again and again, and
 * copied once to where it belongs: as a stream of Node's that a general client takes apart, it costs nearly twice as much.
 */
import type { Socket } from 'node:net';
import { whenAborted } from './abort.js';
import { AnswerBody } from './answer-body.js';
import { ReceivedHeaders } from './answer-headers.js';
import { connector, sendingError, type Address } from './connections.js';
import type { ReadRequest, ReadResponse } from './http.js';
import type { LastHop } from './last-hop.js';
import { RawAnswer, type AnswerHead } from './raw-answer.js';

/** More than what deciphers hands over at once. */
const receivedBytes = 64 * 1024;
/** Of the words of a refusal: what says why stands at their beginning. */
const wordsMax = 64 * 1024;

export class ByteReader {
  /** Connections that wait for their next request, those used last at the end. */
  readonly #idle = new Map<string, Connection[]>();
  readonly #all = new Set<Connection>();
  #closed = false;

  constructor(private readonly lastHop: LastHop) {}

  async read(address: Address, request: Omit<ReadRequest, 'url'>): Promise<ReadResponse> {
    request.signal?.throwIfAborted();
    const head = headOf(address, request.headers);
    const connection = this.#idle.get(address.origin)?.pop() ?? (await this.#connect(address, request.signal));
    return await connection.read(head, request);
  }

  /** What is under way is lost. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#all) connection.end(new Error('Closed.'));
  }

  #connect({ origin, host }: Address, signal: AbortSignal | undefined): Promise<Connection> {
    const { protocol, hostname, port } = new URL(origin);
    const memory = Buffer.allocUnsafeSlow(receivedBytes);
    let connection: Connection | null = null;
    const connect = connector(this.lastHop, { buffer: memory, callback: (bytes) => {
      connection?.received(memory, bytes);
      return true;
    } });
    return new Promise((resolve, reject) => {
      const forget = signal === undefined ? () => undefined : whenAborted(signal, () => { reject(signal.reason as Error); });
      connect({ protocol, hostname, host, port }, (error, socket) => {
        forget();
        // Without a socket it is called with the error alone.
        if (error !== null) {
          reject(sendingError(error) as Error);
          return;
        }
        connection = new Connection(socket, {
          idle: (it) => {
            const waiting = this.#idle.get(origin);
            if (waiting === undefined) this.#idle.set(origin, [it]);
            else waiting.push(it);
          },
          ended: (it) => {
            this.#all.delete(it);
            const waiting = this.#idle.get(origin)?.filter((each) => each !== it) ?? [];
            if (waiting.length > 0) this.#idle.set(origin, waiting);
            else this.#idle.delete(origin);
          },
        });
        this.#all.add(connection);
        // Nobody waits for it any more.
        if (this.#closed || signal?.aborted === true) connection.end(new Error('Closed.'));
        resolve(connection);
      });
    });
  }
}

interface Owner {
  idle(connection: Connection): void;
  ended(connection: Connection): void;
}

/** One request after the other. */
class Connection {
  #read: Read | null = null;
  #ended: Error | null = null;
  #idleTimer: NodeJS.Timeout | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly owner: Owner,
  ) {
    socket.on('error', (error) => { this.end(error); });
    socket.on('close', () => {
      if (this.#read?.answer.closed() === true) this.#over();
      this.end(new Error('The other side has closed the connection.'));
    });
  }

  async read(head: string, request: Omit<ReadRequest, 'url'>): Promise<ReadResponse> {
    if (this.#ended !== null) throw this.#ended;
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.socket.ref();
    const read = (this.#read = new Read(request, (error) => { this.end(error); }));
    this.socket.write(head, 'latin1');
    return await read.response;
  }

  /** So many bytes of `memory` have come. */
  received(memory: Buffer, bytes: number): void {
    const read = this.#read;
    if (read === null) {
      this.end(new Error('An answer came that nobody asked for.'));
      return;
    }
    try {
      const taken = read.take(memory, bytes);
      if (taken < bytes) throw new Error('More came than the answer.');
      if (read.answer.over) this.#over();
    } catch (error) {
      this.end(error as Error);
    }
  }

  /** Whatever is under way fails of it. */
  end(cause: Error): void {
    if (this.#ended !== null) return;
    this.#ended = cause;
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.socket.destroy();
    this.owner.ended(this);
    this.#read?.fail(cause);
    this.#read = null;
  }

  #over(): void {
    const read = this.#read;
    this.#read = null;
    const idleMs = read?.idleMs ?? 0;
    if (idleMs === 0) this.end(new Error('The connection is used no more.'));
    else if (this.#ended === null) {
      this.socket.unref();
      this.#idleTimer = setTimeout(() => { this.end(new Error('The connection was not used.')); }, idleMs).unref();
      this.owner.idle(this);
    }
    read?.done();
  }
}

/** One request and its answer. */
class Read {
  readonly answer: RawAnswer;
  readonly response: Promise<ReadResponse>;
  idleMs = 0;
  #settle: { resolve(response: ReadResponse): void; reject(error: Error): void } | null = null;
  #filled: { resolve(bytes: Buffer): void; reject(error: Error): void } | null = null;
  #refusal: AnswerHead | null = null;
  readonly #words: Buffer[] = [];
  #wordsBytes = 0;
  #end = 0;
  #deadline: number | null = null;
  #heardAt = performance.now();
  #timer: NodeJS.Timeout;
  readonly #forget: () => void;

  constructor(
    private readonly request: Omit<ReadRequest, 'url'>,
    giveUp: (error: Error) => void,
  ) {
    const { signal, timeoutMs } = request;
    this.answer = new RawAnswer({ head: (head) => { this.#head(head); }, piece: (bytes, from, to) => { this.#piece(bytes, from, to); } });
    this.response = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.#forget = signal === undefined ? () => undefined : whenAborted(signal, () => { giveUp(signal.reason as Error); });
    const look = (): void => {
      const quietMs = performance.now() - this.#heardAt;
      if (quietMs < timeoutMs) this.#timer = setTimeout(look, timeoutMs - quietMs);
      else giveUp(new Error(`Nothing came for ${timeoutMs} ms.`));
    };
    this.#timer = setTimeout(look, timeoutMs);
  }

  take(memory: Buffer, bytes: number): number {
    this.#heardAt = performance.now();
    // From its first byte on, whatever they are of: a head can drip, and so can what stands between and after chunks.
    if (this.#deadline === null) this.#deadline = this.#heardAt + this.request.answerMs;
    else if (this.#heardAt > this.#deadline) throw new Error('The answer does not come to its end.');
    return this.answer.take(memory, bytes);
  }

  done(): void {
    this.#leave();
    if (this.#filled !== null) this.#filled.resolve(this.request.into.subarray(0, this.#end));
    else this.#refused();
  }

  fail(error: Error): void {
    this.#leave();
    if (this.#filled !== null) this.#filled.reject(error);
    // The status stands, whatever became of the words.
    else if (this.#refusal !== null) this.#refused();
    else this.#settle?.reject(error);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#forget();
  }

  #head(head: AnswerHead): void {
    this.idleMs = head.idleMs;
    if (head.status >= 400) {
      this.#refusal = head;
      return;
    }
    const filled = new Promise<Buffer>((resolve, reject) => (this.#filled = { resolve, reject }));
    // Nobody may have asked for it yet.
    filled.catch(() => undefined);
    this.#settle?.resolve({ status: head.status, headers: new ReceivedHeaders(head.headers), body: bodyOf([]), filled: () => filled });
  }

  #piece(bytes: Buffer, from: number, to: number): void {
    if (this.#refusal !== null) {
      if ((this.#wordsBytes += to - from) > wordsMax) throw new Error('The refusal has more words than anybody reads.');
      this.#words.push(Buffer.from(bytes.subarray(from, to)));
      return;
    }
    const { into } = this.request;
    if (to - from > into.length - this.#end) throw new Error(`The answer has more than ${into.length} bytes.`);
    this.#end += bytes.copy(into, this.#end, from, to);
  }

  #refused(): void {
    const { status = 0, headers = {} } = this.#refusal ?? {};
    this.#settle?.resolve({ status, headers: new ReceivedHeaders(headers), body: bodyOf(this.#words), filled: () => Promise.resolve(Buffer.alloc(0)) });
  }
}

function headOf({ host, path }: Address, headers: Record<string, string>): string {
  const lines = [`GET ${path} HTTP/1.1`, `host: ${host}`, 'connection: keep-alive', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  if (lines.some((line) => /[\r\n\0]/.test(line))) throw new Error('A header that would end before its end.');
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A body that has come already. */
function bodyOf(pieces: readonly Buffer[]): AnswerBody {
  const nothing = (): void => undefined;
  const body = new AnswerBody({ pause: nothing, resume: nothing, abort: nothing });
  for (const piece of pieces) body.received(piece);
  body.ended();
  return body;
}
