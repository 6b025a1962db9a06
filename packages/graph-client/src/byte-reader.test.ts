import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { NotSentError } from './connections.js';
import { createHttp, type Http, type ReadRequest } from './http.js';
import { createLastHop } from './last-hop.js';

/** What the other side does with the nth request, on which of its connections. */
type Answer = (socket: Socket, nth: number, connection: number) => void;
let answer: Answer = () => undefined;
let server: Server;
let http: Http;
let url = '';
let heads: string[] = [];
let connections = 0;
const sockets = new Set<Socket>();

beforeEach(async () => {
  [heads, connections] = [[], 0];
  server = createServer((socket) => {
    const connection = ++connections;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (head) => answer(socket, heads.push(head.toString('latin1')), connection));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/b?c=d`;
  http = createHttp(createLastHop(''));
});
afterEach(async () => {
  await http.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const read = async (more: Partial<ReadRequest> = {}): Promise<{ status: number; bytes: string; words: string }> => {
  const { status, body, filled } = await http.read({ url, headers: { Range: 'bytes=0-9' }, signal: undefined, timeoutMs: 5_000, answerMs: 5_000, into: Buffer.alloc(10), ...more });
  return { status, bytes: (await filled()).toString(), words: (await body.whole(1_000_000, Infinity)).toString() };
};
const partial = (body: string, length = body.length): string => `HTTP/1.1 206 Partial Content\r\ncontent-length: ${length}\r\n\r\n${body}`;

test('ranges come into the memory that is given, one after the other on one connection', async () => {
  answer = (socket, nth) => { socket.write(partial(`number ${nth}`)); };
  const into = Buffer.alloc(10, '.');
  expect(await read({ into })).toEqual({ status: 206, bytes: 'number 1', words: '' });
  expect(into.toString()).toBe('number 1..');
  expect(await read()).toMatchObject({ bytes: 'number 2' });
  expect(connections).toBe(1);
  expect(heads[0]).toBe(`GET /a/b?c=d HTTP/1.1\r\nhost: ${new URL(url).host}\r\nconnection: keep-alive\r\nRange: bytes=0-9\r\n\r\n`);
  // Two at once are two connections; what is long comes in many pieces.
  const long = 'x'.repeat(3_000_000);
  answer = (socket) => { socket.write(partial(long)); };
  const both = await Promise.all([1, 2].map(() => read({ into: Buffer.alloc(long.length) })));
  expect(both.every(({ bytes }) => bytes === long)).toBe(true);
  expect(connections).toBe(2);
});

test('a refusal has its words, and its connection goes on', async () => {
  answer = (socket, nth) => { socket.write(nth === 1 ? 'HTTP/1.1 429 Too Many\r\nretry-after: 7\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwait\r\n0\r\n\r\n' : partial('later')); };
  expect(await read()).toEqual({ status: 429, bytes: '', words: 'wait' });
  expect(await read()).toMatchObject({ status: 206, bytes: 'later' });
  expect(connections).toBe(1);
  // The status stands, whatever becomes of the words.
  answer = (socket) => { socket.end('HTTP/1.1 503 No\r\ncontent-length: 9\r\n\r\nhalf'); };
  expect(await read()).toEqual({ status: 503, bytes: '', words: 'half' });
});

test('an answer that was cut, is larger than its memory, or comes with more than itself is lost, and so is its connection', async () => {
  const cases: [Answer, RegExp][] = [
    [(socket) => { socket.end(partial('half', 9)); }, /closed the connection/],
    [(socket) => { socket.write(partial('eleven long')); }, /more than 10 bytes/],
    [(socket) => { socket.write('What?\r\n\r\n'); }, /no HTTP/],
    [(socket) => { socket.destroy(); }, /closed the connection|ECONNRESET/],
  ];
  for (const [how, message] of cases) {
    const before = connections;
    answer = how;
    await expect(read()).rejects.toThrow(message);
    answer = (socket) => { socket.write(partial('whole')); };
    expect(await read()).toMatchObject({ bytes: 'whole' });
    expect(connections).toBe(before + (before === 0 ? 2 : 1));
  }
});

test('one that does not begin, stops, or comes too slowly is given up; one that was told to stop ends with the reason', async () => {
  answer = () => undefined;
  await expect(read({ timeoutMs: 30 })).rejects.toThrow('Nothing came for 30 ms.');
  answer = (socket) => { socket.write(partial('half', 9)); };
  await expect(read({ timeoutMs: 30 })).rejects.toThrow('Nothing came for 30 ms.');
  const dripping: NodeJS.Timeout[] = [];
  const begins = 'HTTP/1.1 206 P\r\n';
  for (const [before, drop] of [[partial('', 1_000), 'x'], [`${begins}x: `, 'x'], [begins, 'x: y\r\n'], ['', 'HTTP/1.1 103 Early\r\n\r\n'], [`${begins}transfer-encoding: chunked\r\n\r\n0\r\n`, 'x: y\r\n']] as const) {
    answer = (socket) => {
      socket.write(before);
      dripping.push(setInterval(() => socket.write(drop), 5));
    };
    await expect(read({ answerMs: 50, into: Buffer.alloc(1_000) })).rejects.toThrow('does not come to its end');
  }
  dripping.forEach(clearInterval);
  const stop = new AbortController();
  answer = () => { stop.abort(new Error('enough')); };
  await expect(read({ signal: stop.signal })).rejects.toThrow('enough');
  await expect(read({ signal: stop.signal })).rejects.toThrow('enough');
});

test('a connection that closes while it waits is not used again; where none can be made, nothing was sent', async () => {
  answer = (socket, nth) => { if (nth === 1) socket.end(partial('first')); else socket.write(partial('second')); };
  expect(await read()).toMatchObject({ bytes: 'first' });
  answer = (socket) => { socket.write('HTTP/1.1 206 P\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecond'); };
  const again = read();
  expect(await again.catch(() => read())).toMatchObject({ bytes: 'second' });
  await http.close();
  http = createHttp(createLastHop(''));
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await expect(read()).rejects.toBeInstanceOf(NotSentError);
  await expect(read({ headers: { x: 'a\r\nb: c' } })).rejects.toThrow('would end before its end');
});
