import { RawAnswer, type AnswerHead } from './raw-answer.js';

interface Taken {
  head: AnswerHead | null;
  body: string;
  over: boolean;
  /** Of what was given. */
  taken: number;
}

/** The answer as it is when `step` bytes of it come at a time. */
function taken(text: string, step: number): Taken & { answer: RawAnswer } {
  const seen: Pick<Taken, 'head' | 'body'> = { head: null, body: '' };
  const answer = new RawAnswer({ head: (head) => (seen.head = head), piece: (bytes, from, to) => (seen.body += bytes.toString('latin1', from, to)) });
  const memory = Buffer.alloc(step, 'x');
  let all = 0;
  for (let at = 0; at < text.length; at += step) all += answer.take(memory, memory.write(text.slice(at, at + step), 'latin1'));
  return { ...seen, over: answer.over, taken: all, answer };
}

const lines = (...each: string[]): string => `${each.join('\r\n')}\r\n\r\n`;
const steps = [1, 2, 3, 7, 10_000];

test('an answer is the same however its bytes come: with its length told, in chunks, after others, without a body', () => {
  for (const step of steps) {
    const told = lines('HTTP/1.1 206 Partial Content', 'Content-Range: bytes 0-4/9', 'X-Two: a', 'x-two:  b ', 'CONTENT-LENGTH:5');
    expect(taken(`${told}hello`, step)).toMatchObject({ head: { status: 206, length: 5, headers: { 'content-range': 'bytes 0-4/9', 'x-two': 'a, b', 'content-length': '5' } }, body: 'hello', over: true, taken: told.length + 5 });
    expect(taken(`${lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nAfter: all\r\n\r\n`, step)).toMatchObject({ head: { status: 200, length: null }, body: 'hello', over: true });
    expect(taken(`${lines('HTTP/1.1 103 Early Hints', 'Link: x')}${lines('HTTP/1.1 200', 'Content-Length: 0')}`, step)).toMatchObject({ head: { status: 200 }, body: '', over: true });
    expect(taken(lines('HTTP/1.1 304 Not Modified', 'Content-Length: 7'), step)).toMatchObject({ body: '', over: true });
    // The next one is not its own; half of one is not all of it.
    expect(taken(`${told}helloHTTP`, step)).toMatchObject({ body: 'hello', over: true, taken: told.length + 5 });
    expect(taken(`${told}hel`, step)).toMatchObject({ body: 'hel', over: false });
    expect(taken(`${told}hel`, step).answer.closed()).toBe(false);
  }
});

test('one whose end is not told ends with its connection, and with it alone', () => {
  const open = taken(`${lines('HTTP/1.1 200 OK', 'Date: now')}hel`, 2);
  expect(open).toMatchObject({ head: { length: null, idleMs: 0 }, body: 'hel', over: false });
  expect(open.answer.closed()).toBe(true);
});

test('how long a connection may wait for its next request is what its server says, and a little less', () => {
  const idle = (version: string, ...headers: string[]): number | undefined => taken(lines(`HTTP/${version} 200 OK`, 'Content-Length: 0', ...headers), 100).head?.idleMs;
  expect([idle('1.1'), idle('1.1', 'Keep-Alive: timeout=65, max=9'), idle('1.1', 'Keep-Alive: timeout=1'), idle('1.1', 'Connection: close'), idle('1.0')]).toEqual([4_000, 64_000, 0, 0, 0]);
});

test('what is no answer, or could be read in two ways, is refused', () => {
  const ok = 'HTTP/1.1 200 OK';
  const chunked = lines(ok, 'Transfer-Encoding: chunked');
  for (const text of [
    'SSH-2.0-x\r\n\r\n', lines('HTTP/2 200 OK'), lines('HTTP/1.1 20 OK'), lines('HTTP/1.1 101 Switching Protocols'), lines(ok, 'no name'), lines(ok, ' folded: x'), lines(ok, 'a b: c'), lines(ok, 'a: b\nc: d'),
    lines(ok, 'Content-Length: 5, 5'), lines(ok, 'Content-Length: -1'), lines(ok, 'Content-Length: 5', 'content-length: 6'), lines(ok, 'Content-Length: 5', 'Transfer-Encoding: chunked'), lines(ok, 'Transfer-Encoding: gzip, chunked'),
    `${chunked}x\r\n`, `${chunked}1\r\nab\r\n`, `${chunked}${'0'.repeat(2_000)}`, `${ok}\r\nx: ${'y'.repeat(17_000)}`,
  ]) for (const step of steps) expect(() => taken(text, step)).toThrow(/^The answer /);
});
