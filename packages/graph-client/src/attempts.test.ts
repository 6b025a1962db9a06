import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { eventually } from '@migrator/testing/eventually';
import { GraphRequestError } from './graph-request-error.js';
import type { GraphPort } from './graph-port.js';
import { createGovernor, type Governor } from './governor/governor.js';
import { createGraphClient } from './graph-client.js';
import { createHttp, type Http } from './http.js';
import { createLastHop } from './last-hop.js';
import { readOnly } from './read-only.js';

/** One listener stands for Microsoft; each test says what it answers. Nothing in the client is replaced but the last hop. */
type Handler = (request: IncomingMessage & { text: string }, response: ServerResponse, nth: number) => void;
let handler: Handler = () => undefined;
let seen: { method: string; host: string; url: string; authorization: string | undefined; text: string; headers: IncomingMessage['headers'] }[] = [];
const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const text = Buffer.concat(pieces).toString();
    seen.push({ method: request.method!, host: request.headers.host!, url: request.url!, authorization: request.headers.authorization, text, headers: request.headers });
    handler(Object.assign(request, { text }), response, seen.length);
  });
});
let http: Http;
let tokensAsked: boolean[] = [];
let port: GraphPort;
const throttled: number[] = [];
/** Which limit the governor was told about. */
const overs: (string | undefined)[] = [];
let units: number[] = [];
const charged: number[] = [];
const chargedBeyond: number[] = [];
let governor: Governor;
/** Called when a request asks for its turn. */
let turn: () => void = () => undefined;
const flow = { organisation: 'org', job: 'job', workload: 'EMAIL' };

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  http = createHttp(createLastHop(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
});
afterAll(async () => {
  await http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  seen = [];
  tokensAsked = [];
  throttled.length = 0;
  overs.length = 0;
  const tokens = {
    token: ({ fresh = false } = {}) => {
      tokensAsked.push(fresh);
      return Promise.resolve({ accessToken: fresh ? 'fresh' : 'cached', roles: [] });
    },
  };
  const real = createGovernor({ observer: { onThrottled: (_budget, ms) => throttled.push(ms) } });
  units = [];
  charged.length = 0;
  chargedBeyond.length = 0;
  // The real governor, watched.
  governor = {
    ...real,
    governed: (asker) => {
      const governed = real.governed(asker);
      return {
        ...governed,
        acquire: (each, cost, signal) => {
          units.push(cost.requests);
          charged.push(cost.bytes);
          turn();
          return governed.acquire(each, cost, signal);
        },
        throttled: (each, restMs, over) => {
          overs.push(over);
          governed.throttled(each, restMs, over);
        },
        sent: (each, bytes) => {
          chargedBeyond.push(bytes);
          governed.sent(each, bytes);
        },
      };
    },
  };
  port = createGraphClient({ tenantId: 't', clientId: 'c', tokens, http, governor, flow });
});

const budget = { kind: 'outlook', mailbox: 'm' } as const;
const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};
const kindOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'fine';
  } catch (error) {
    expect(error).toBeInstanceOf(GraphRequestError);
    return (error as GraphRequestError).kind;
  }
};

test('the production address, the token and a request id arrive; query values are encoded', async () => {
  handler = (_request, response) => { json(response, 200, { ok: true }); };
  await port.get('/users', { budget, query: { $filter: "mail eq 'a+b#EXT#@x.com'" } });
  expect(seen[0]).toMatchObject({ host: 'graph.microsoft.com', authorization: 'Bearer cached', url: '/v1.0/users?$filter=mail%20eq%20%27a%2Bb%23EXT%23%40x.com%27' });
  expect(seen[0]!.headers['client-request-id']).toMatch(/^[0-9a-f-]{36}$/);
});

test('a 429 is waited out to the second and repeated, also for a write: it was not carried out', async () => {
  handler = (_request, response, nth) => { if (nth === 1) json(response, 429, { error: { code: 'ApplicationThrottled', message: 'x' } }, { 'retry-after': '1' }); else json(response, 201, { id: '1' }); };
  const began = Date.now();
  expect(await port.post('/users/u/messages', { subject: 's' }, { budget })).toEqual({ id: '1' });
  expect(Date.now() - began).toBeGreaterThanOrEqual(999);
  expect(seen.map((each) => each.text)).toEqual(['{"subject":"s"}', '{"subject":"s"}']);
  expect(throttled).toEqual([1000]);
});

test('time that a request waited for its turn is no time that Microsoft held it up', async () => {
  const honest = performance.now.bind(performance);
  let waitedMs = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => honest() + waitedMs);
  try {
    // Ten business hours before the first attempt, and ten more before the second.
    turn = () => { waitedMs += 10 * 3_600_000; };
    handler = (_request, response, nth) => { if (nth < 3) json(response, 503, {}, { 'retry-after': '1' }); else json(response, 200, { id: '1' }); };
    expect(await port.get('/users/u', { budget: { kind: 'outlook', mailbox: 'patient' } })).toEqual({ id: '1' });
    expect(seen).toHaveLength(3);
    turn = () => undefined;
    // What Microsoft itself asks to wait counts: this long it is an outage.
    handler = (_request, response) => { json(response, 429, {}, { 'retry-after': '3600' }); };
    expect(await kindOf(port.get('/users/u', { budget: { kind: 'outlook', mailbox: 'impatient' } }))).toBe('throttled');
  } finally {
    turn = () => undefined;
    jest.restoreAllMocks();
  }
});

test('a refusal is about what it names; a 503 is about how much is under way, never about a window', async () => {
  const message = (text: string): string => JSON.stringify({ error: { code: 'x', message: text } });
  const cases: [number, string, string][] = [
    [429, message('Application is over its MailboxConcurrency limit.'), 'inFlight'],
    [429, message('Application is over its RequestCount limit.'), 'window'],
    [429, '', 'unknown'],
    [503, '', 'inFlight'],
    [503, message('RequestCount'), 'inFlight'],
  ];
  for (const [index, [status, body, over]] of cases.entries()) {
    handler = (_request, response) => { response.writeHead(status, { 'retry-after': '60' }).end(body); };
    const enough = new AbortController();
    const asking = kindOf(port.post('/x', {}, { budget: { kind: 'outlook', mailbox: String(index) }, signal: enough.signal }));
    await eventually('the governor is told', () => overs.length > index);
    enough.abort();
    await asking;
    expect({ status, body, over: overs[index] }).toEqual({ status, body, over });
  }
});

test('a stream of unknown length waits for room for what is expected of it, and what it sends beyond is counted once, at every attempt', async () => {
  handler = (_request, response, nth) => { if (nth === 1) json(response, 429, {}, { 'retry-after': '1' }); else json(response, 201, {}); };
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for (const length of [60, 60, 30]) yield Promise.resolve(Buffer.alloc(length));
  };
  await (await port.preauthorised('POST', 'https://outlook.office.com/import', { budget, body: pieces, bytesExpected: 100 })).discard();
  expect(charged).toEqual([100, 100]);
  expect(chargedBeyond).toEqual([20, 30, 20, 30]);
});

test('a write whose answer is lost is in doubt and not repeated; a read is repeated', async () => {
  handler = (request, response, nth) => { if (nth === 1) request.socket.destroy(); else json(response, 200, {}); };
  expect(await kindOf(port.post('/x', {}, { budget }))).toBe('in_doubt');
  expect(seen).toHaveLength(1);
  seen = [];
  expect(await kindOf(port.get('/x', { budget }))).toBe('fine');
  expect(seen).toHaveLength(2);
});

test('every 5xx to a write is in doubt, also a 503 that says when to come back: everybody waits that long, and the write is not repeated', async () => {
  for (const status of [500, 502, 503, 504]) {
    handler = (_request, response) => { response.writeHead(status).end(); };
    expect(await kindOf(port.post('/x', {}, { budget }))).toBe('in_doubt');
  }
  seen = [];
  handler = (_request, response) => { response.writeHead(503, { 'retry-after': '1' }).end(); };
  expect(await kindOf(port.post('/x', {}, { budget }))).toBe('in_doubt');
  expect(seen).toHaveLength(1);
  expect(throttled).toEqual([1_000]);
});

test('a 401 takes one fresh token, and a second 401 ends it', async () => {
  handler = (request, response) => { json(response, request.headers.authorization === 'Bearer fresh' ? 200 : 401, { error: { code: 'InvalidAuthenticationToken', message: '' } }); };
  expect(await kindOf(port.get('/x', { budget }))).toBe('fine');
  expect(tokensAsked).toEqual([false, true]);
  handler = (_request, response) => { json(response, 401, { error: { code: 'InvalidAuthenticationToken', message: '' } }); };
  expect(await kindOf(port.get('/x', { budget }))).toBe('unauthorised');
});

test('a read whose answer is cut half-way is made again; a write whose answer is cut is in doubt', async () => {
  handler = (_request, response, nth) => {
    if (nth > 1) {
      json(response, 200, { value: [1] });
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"value":["subject of a mail', () => response.destroy());
  };
  expect(await port.get('/x', { budget })).toEqual({ value: [1] });
  expect(seen).toHaveLength(2);
  seen = [];
  expect(await kindOf(port.post('/x', {}, { budget }))).toBe('in_doubt');
  expect(seen).toHaveLength(1);
});

test('an answer that is no JSON shows nothing of itself', async () => {
  handler = (_request, response) => { response.writeHead(201).end('{"subject": "subject of a mail" oops}'); };
  const error = await port.post('/x', {}, { budget }).catch((each: unknown) => each as Error);
  expect(error).toMatchObject({ kind: 'in_doubt', status: 201 });
  expect(inspect(error)).not.toContain('subject of a mail');
});

test('a locked resource was not touched: a write to it is repeated', async () => {
  handler = (_request, response, nth) => { json(response, nth === 1 ? 423 : 200, { error: { code: 'resourceLocked', message: '' } }); };
  expect(await kindOf(port.patch('/x', {}, { budget }))).toBe('fine');
  expect(seen).toHaveLength(2);
});

test('a locked file is not waited for', async () => {
  handler = (_request, response) => { json(response, 423, { error: { code: 'resourceLocked', message: '' } }); };
  expect(await kindOf(port.get('/x', { budget: { kind: 'files' } }))).toBe('locked');
  expect(seen).toHaveLength(1);
});

test('a held answer that was cut is read again', async () => {
  handler = (_request, response, nth) => {
    response.writeHead(206, { 'content-length': '10' });
    if (nth === 1) response.write('01234', () => response.destroy());
    else response.end('0123456789');
  };
  expect(await port.preauthorisedBytes('https://files.example/x', { budget: { kind: 'files' }, into: Buffer.alloc(10) })).toMatchObject({ status: 206, bytes: Buffer.from('0123456789') });
  expect(seen).toHaveLength(2);
});

test('after a fresh token a throttled request goes on with it and asks for no other', async () => {
  handler = (_request, response, nth) => { if (nth === 1) json(response, 401, {}); else if (nth === 2) json(response, 429, {}, { 'retry-after': '1' }); else json(response, 200, {}); };
  expect(await kindOf(port.get('/x', { budget }))).toBe('fine');
  expect(tokensAsked).toEqual([false, true, false]);
});

test('nothing is sent after the signal aborted, and a waiting request ends at once', async () => {
  handler = (_request, response) => { json(response, 429, {}, { 'retry-after': '600' }); };
  const abort = new AbortController();
  const waiting = kindOf(port.get('/x', { budget, signal: abort.signal }));
  await eventually('throttled', () => throttled.length === 1);
  abort.abort();
  expect(await waiting).toBe('cancelled');
  expect(await kindOf(port.get('/x', { budget: { kind: 'none' }, signal: abort.signal }))).toBe('cancelled');
  expect(seen).toHaveLength(1);
});

test('an answer that does not come in time is a lost one', async () => {
  handler = () => undefined;
  expect(await kindOf(port.post('/x', {}, { budget: { kind: 'none' }, timeoutMs: 300 }))).toBe('in_doubt');
});

test('a client with a time-out of its own gives up a call after it, and a slow call after three times as long', async () => {
  handler = () => undefined;
  const impatient = createGraphClient({ tenantId: 't', clientId: 'c', tokens: { token: () => Promise.resolve({ accessToken: 'x', roles: [] }) }, http, governor, flow, timeoutMs: 200 });
  expect(await kindOf(impatient.post('/x', {}, { budget: { kind: 'none' } }))).toBe('in_doubt');
  const began = performance.now();
  expect(await kindOf(impatient.post('/x', {}, { budget: { kind: 'none' }, slow: true }))).toBe('in_doubt');
  expect(performance.now() - began).toBeGreaterThan(590);
});

test('an answer that drips on and on, or grows beyond all measure, is a lost one: it is neither waited for nor held', async () => {
  handler = (_request, response, nth) => {
    if (nth > 2) {
      json(response, 200, { value: [] });
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    const piece = nth === 1 ? Buffer.from('[') : Buffer.alloc(4 * 1024 * 1024, 0x20);
    const more = (): void => {
      if (response.destroyed) return;
      response.write(piece, () => setTimeout(more, nth === 1 ? 20 : 0));
    };
    more();
  };
  const before = process.memoryUsage().rss;
  expect(await port.get('/users', { budget, timeoutMs: 150 })).toEqual({ value: [] });
  expect(seen).toHaveLength(3);
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
});

test('a date in Retry-After is meant by Microsoft’s clock, whatever ours says', async () => {
  const theirs = Date.now() - 3 * 3600_000;
  const date = (ms: number): string => new Date(ms).toUTCString();
  handler = (_request, response, nth) => {
    if (nth === 1) json(response, 429, { error: { code: 'TooManyRequests' } }, { date: date(theirs), 'retry-after': date(theirs + 1_000) });
    else json(response, 200, { id: 'x' });
  };
  await port.get('/users/x', { budget });
  expect(throttled).toEqual([1_000]);
});

test('what Graph says decides the kind: codes before statuses, empty and HTML bodies without a code', async () => {
  const cases: [number, unknown, string][] = [
    [400, { error: { code: 'ErrorInvalidIdMalformed', message: '' } }, 'bad_request'],
    [403, { error: { code: 'ErrorAccessDenied', message: '' } }, 'forbidden'],
    [404, { error: { code: 'ErrorItemNotFound', message: '' } }, 'not_found'],
    [409, { error: { code: 'ErrorFolderExists', message: '' } }, 'conflict'],
    [410, { error: { code: 'SyncStateNotFound', message: '' } }, 'gone'],
    [400, { error: { code: 'SyncStateInvalid', message: '' } }, 'gone'],
    [412, { error: { code: 'x', message: '' } }, 'precondition'],
    [413, '', 'too_large'],
    [500, { error: { code: 'ErrorMessageSizeExceeded', message: '' } }, 'too_large'],
    [500, { error: { code: 'ErrorCannotOpenFileAttachment', message: '' } }, 'corrupt'],
    [500, { error: { code: 'ErrorItemCorrupt', message: '' } }, 'corrupt'],
    [500, { error: { code: 'UnknownError', innerError: { code: 'ErrorQuotaExceeded' } } }, 'quota'],
    [400, '<html>', 'bad_request'],
  ];
  for (const [status, body, kind] of cases) {
    handler = (_request, response) => { response.writeHead(status, { 'request-id': 'r' }).end(typeof body === 'string' ? body : JSON.stringify(body)); };
    expect({ status, kind: await kindOf(port.post('/x', {}, { budget })) }).toEqual({ status, kind });
  }
});

test('pages follow the links verbatim, and only the first call carries query options', async () => {
  handler = (_request, response, nth) => { json(response, 200, nth === 1 ? { value: [1], '@odata.nextLink': 'https://graph.microsoft.com/v1.0/users?$skiptoken=a%2Fb&z=1&$top=5&z=2&c' } : { value: [2], '@odata.deltaLink': 'https://graph.microsoft.com/v1.0/users?$deltatoken=c' }); };
  const pages = [];
  for await (const page of port.pages<number>('/users', { budget, query: { $top: '1' }, pageSizeMax: 50 })) pages.push(page);
  expect(pages).toEqual([{ value: [1], nextLink: 'https://graph.microsoft.com/v1.0/users?$skiptoken=a%2Fb&z=1&$top=5&z=2&c', deltaLink: null }, { value: [2], nextLink: null, deltaLink: 'https://graph.microsoft.com/v1.0/users?$deltatoken=c' }]);
  expect(seen.map((each) => each.url)).toEqual(['/v1.0/users?$top=1', '/v1.0/users?$skiptoken=a%2Fb&z=1&$top=5&z=2&c']);
  expect(seen[1]!.headers['prefer']).toBe('odata.maxpagesize=50');
});

test('a batch is cut in twenties, counts for each of its requests, and what was throttled inside is sent again', async () => {
  let refused = false;
  handler = (request, response) => {
    const { requests } = JSON.parse(request.text) as { requests: { id: string }[] };
    const responses = requests.map(({ id }) => {
      if (id === '3' && !refused) {
        refused = true;
        return { id, status: 429, headers: { 'Retry-After': '1' }, body: { error: { code: 'ApplicationThrottled', message: 'Application is over its RequestCount limit.' } } };
      }
      return { id, status: 200, body: { id } };
    });
    json(response, 200, { responses });
  };
  const answers = await port.batch(Array.from({ length: 25 }, (_each, n) => ({ id: String(n), method: 'GET', url: `/users/${n}` })), { budget: { kind: 'directory' } });
  expect(answers.size).toBe(25);
  expect([...answers.values()].every((answer) => answer.status === 200)).toBe(true);
  expect(units).toEqual([20, 6]);
  expect(overs).toEqual(['window']);
});

test('a batch that leaves a request unanswered is in doubt when it writes; ids must differ by more than case', async () => {
  handler = (_request, response) => { json(response, 200, { responses: [{ id: 'a', status: 200 }] }); };
  const item = (id: string, method: 'GET' | 'POST') => ({ id, method, url: '/x' });
  expect(await kindOf(port.batch([item('a', 'GET'), item('b', 'GET')], { budget }))).toBe('unavailable');
  expect(await kindOf(port.batch([item('a', 'GET'), item('b', 'POST')], { budget }))).toBe('in_doubt');
  await expect(port.batch([item('a', 'GET'), item('A', 'GET')], { budget })).rejects.toThrow('case');
});

test('a pre-authorised address gets no token', async () => {
  handler = (_request, response) => { json(response, 200, {}); };
  await (await port.preauthorised('POST', 'https://outlook.office365.com/api/x?authtoken=secret', { budget, body: '{}' })).discard();
  expect(seen[0]).toMatchObject({ host: 'outlook.office365.com', authorization: undefined });
});

test('a pre-authorised address that has expired is asked once, and one that is none shows nothing of itself', async () => {
  handler = (_request, response) => { response.writeHead(401).end(); };
  expect(await kindOf(port.preauthorised('GET', 'https://outlook.office365.com/api/x?authtoken=secret', { budget }))).toBe('unauthorised');
  expect(seen).toHaveLength(1);
  const error = await port.preauthorised('GET', 'outlook.office365.com/api/x?authtoken=secret', { budget }).catch((each: unknown) => each);
  expect(error).toMatchObject({ kind: 'bad_request' });
  expect(inspect(error)).not.toContain('secret');
});

test('an error carries neither token nor pre-authorised address', async () => {
  handler = (_request, response) => { response.writeHead(400).end('{"Message":"subject of a mail"}'); };
  const error = await port.preauthorised('POST', 'https://outlook.office365.com/api/x?authtoken=secret', { budget, body: '{}' }).catch((each: unknown) => each as Error);
  expect(inspect(error, { depth: 10 })).not.toMatch(/secret|subject of a mail|Bearer/);
});

test('a download passes without being held', async () => {
  const total = 150 * 1024 * 1024;
  handler = (_request, response) => {
    response.writeHead(200);
    let left = total;
    const more = (): void => {
      while (left > 0) {
        const piece = Buffer.alloc(Math.min(left, 65_536));
        left -= piece.length;
        if (!response.write(piece)) {
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
  };
  const before = process.memoryUsage().rss;
  let highest = before;
  const response = await port.raw('GET', '/big', { budget });
  let bytes = 0;
  for await (const piece of response.body) {
    bytes += piece.length;
    highest = Math.max(highest, process.memoryUsage().rss);
  }
  expect(bytes).toBe(total);
  expect(highest - before).toBeLessThan(90 * 1024 * 1024);
});

test('an upload of known length passes without being held, arrives with its length, and is charged before it goes', async () => {
  const piece = Buffer.alloc(65_536, 7);
  const pieces = 1_600;
  const total = piece.length * pieces;
  let received = 0;
  const counting = createServer((request, response) => {
    seen.push({ method: request.method!, host: request.headers.host!, url: request.url!, authorization: request.headers.authorization, text: '', headers: request.headers });
    request.on('data', (each: Buffer) => (received += each.length));
    request.on('end', () => response.writeHead(201).end('{}'));
  });
  await new Promise<void>((resolve) => counting.listen(0, '127.0.0.1', resolve));
  const direct = createHttp(createLastHop(`http://127.0.0.1:${(counting.address() as AddressInfo).port}`));
  const before = process.memoryUsage().rss;
  let highest = before;
  const uploading = createGraphClient({ tenantId: 't', clientId: 'c', tokens: { token: () => Promise.resolve({ accessToken: 'x', roles: [] }) }, http: direct, governor, flow });
  const body = async function* (): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < pieces; n += 1) {
      highest = Math.max(highest, process.memoryUsage().rss);
      yield piece;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  charged.length = 0;
  await (await uploading.preauthorised('PUT', 'https://outlook.office365.com/upload', { budget: { kind: 'outlook', mailbox: 'up' }, body, contentType: 'application/octet-stream', contentLength: total })).discard();
  expect({ received, length: seen.at(-1)?.headers['content-length'], charged }).toEqual({ received: total, length: String(total), charged: [total] });
  expect(highest - before).toBeLessThan(90 * 1024 * 1024);
  await direct.close();
  await new Promise((resolve) => counting.close(resolve));
});

test('a read-only port lets reads and named exports through and nothing else', async () => {
  handler = (_request, response) => { json(response, 200, { value: [] }); };
  const guarded = readOnly(port, [/exportItems$/]);
  await guarded.get('/users', { budget });
  await guarded.post('/admin/x/exportItems', {}, { budget });
  for (const write of [() => guarded.post('/x', {}, { budget }), () => guarded.patch('/x', {}, { budget }), () => guarded.put('/x', {}, { budget }), () => guarded.delete('/x', { budget }), () => guarded.raw('PUT', '/x', { budget }), () => guarded.preauthorised('POST', 'https://x/', { budget }), () => guarded.batch([{ id: '1', method: 'DELETE', url: '/x' }], { budget })]) await expect(write()).rejects.toThrow('dry run');
  expect(seen).toHaveLength(2);
});
