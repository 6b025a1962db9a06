import { AnswerBody, type Incoming } from './answer-body.js';

const never = Number.POSITIVE_INFINITY;
const piece = (length: number, fill = 7): Buffer => Buffer.alloc(length, fill);

/** A connection that keeps what it was told, and ends the body as a real one does. */
function connection(): { body: AnswerBody; told: string[] } {
  const told: string[] = [];
  const incoming: Incoming = {
    pause: () => told.push('pause'),
    resume: () => told.push('resume'),
    abort: (reason) => {
      told.push('abort');
      body.failed(reason);
    },
  };
  const body = new AnswerBody(incoming);
  return { body, told };
}

test('a body is held whole wherever its pieces come, before it is asked for and after', async () => {
  const { body, told } = connection();
  body.received(Buffer.from('a'));
  const whole = body.whole(3, never);
  body.received(Buffer.from('bc'));
  body.ended();
  expect((await whole).toString()).toBe('abc');
  const empty = connection();
  empty.body.ended();
  expect((await empty.body.whole(0, never)).length).toBe(0);
  expect(told).toEqual([]);
});

test('one that is too long, late, or cut is no body, and its connection ends', async () => {
  for (const early of [true, false]) {
    const long = connection();
    if (early) long.body.received(piece(4));
    const whole = long.body.whole(3, never);
    if (!early) long.body.received(piece(4));
    await expect(whole).rejects.toThrow('more than 3 bytes');
    expect(long.told).toEqual(['abort']);
  }
  const complete = connection();
  complete.body.received(piece(4));
  complete.body.ended();
  await expect(complete.body.whole(3, never)).rejects.toThrow('more than 3 bytes');
  const late = connection();
  const slow = late.body.whole(100, performance.now() - 1);
  late.body.received(piece(1));
  await expect(slow).rejects.toThrow('does not come to its end');
  const cut = connection();
  cut.body.received(piece(1));
  cut.body.failed(new Error('cut'));
  await expect(cut.body.whole(100, never)).rejects.toThrow('cut');
});

test('pieces come in order, their sender waits for a slow reader, and a reader that leaves ends the connection', async () => {
  const { body, told } = connection();
  const read: number[] = [];
  for (let n = 0; n < 3; n += 1) body.received(piece(30_000, n));
  expect(told).toEqual(['pause']);
  const reading = (async () => {
    for await (const each of body) {
      read.push((each as Buffer)[0] ?? -1);
      if (read.length === 3) queueMicrotask(() => { body.received(piece(1, 3)); body.ended(); });
    }
  })();
  await reading;
  expect({ read, told }).toEqual({ read: [0, 1, 2, 3], told: ['pause', 'resume'] });

  const left = connection();
  left.body.received(piece(1));
  for await (const each of left.body) {
    expect(each.length).toBe(1);
    break;
  }
  expect(left.told).toEqual(['abort']);

  const cut = connection();
  cut.body.received(piece(1));
  cut.body.failed(new Error('cut'));
  const seen: number[] = [];
  await expect((async () => { for await (const each of cut.body) seen.push(each.length); })()).rejects.toThrow('cut');
  expect(seen).toEqual([1]);
});

test('what nobody wants is received as far as it is short, and cut where it is long', async () => {
  const short = connection();
  for (let n = 0; n < 3; n += 1) short.body.received(piece(30_000));
  const dumped = short.body.dump();
  short.body.received(piece(1_000));
  short.body.ended();
  await dumped;
  expect(short.told).toEqual(['pause', 'resume']);
  const long = connection();
  const cut = long.body.dump();
  for (let n = 0; n < 3; n += 1) long.body.received(piece(60_000));
  await cut;
  expect(long.told).toEqual(['abort']);
});
