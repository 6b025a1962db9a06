import { RequestLog } from '../world/request-log.js';
import { runBatch } from './batch.js';
import type { Answer, Call } from './call.js';
import { RequestBody } from './request-body.js';

const outer: Call = {
  method: 'POST', url: new URL('https://graph.microsoft.com/v1.0/$batch'), headers: { authorization: 'Bearer t' }, body: new RequestBody(Buffer.alloc(0), 0),
  requestId: 'r', clientRequestId: 'c', inBatch: false, startedAt: 0, signal: () => new AbortController().signal,
};

function answerOf(call: Call, reply: Answer['reply'], finish: () => void): Answer {
  return {
    reply, headers: {}, effects: {}, finish,
    log: { at: '', requestId: call.requestId, clientRequestId: null, tenantId: 't', clientId: 'a', method: call.method, host: '', path: call.url.pathname, route: null, mailbox: null, code: null, write: false, inBatch: true, throttled: false, faults: [], units: 0 },
  };
}

async function run(requests: unknown[], answer: (call: Call) => Promise<Answer>, isOutlook = false): Promise<{ id: string; status: number; body?: unknown }[]> {
  const reply = await runBatch({ body: Buffer.from(JSON.stringify({ requests })), version: 'v1.0', outer, answer, isOutlook: () => isOutlook, log: new RequestLog(), random: Math.random });
  return (reply.json as { responses: { id: string; status: number; body?: unknown }[] }).responses;
}

const twenty = Array.from({ length: 20 }, (_, i) => ({ id: String(i), method: 'GET', url: `/users/${String(i)}/messages` }));

test.each([[true, 4], [false, 20]])('Outlook %s: at most %i items at once, every item answered and released', async (outlook, most) => {
  let now = 0;
  let peak = 0;
  let finished = 0;
  const responses = await run(twenty, async (call) => {
    now += 1;
    peak = Math.max(peak, now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    return answerOf(call, { status: 200, json: {} }, () => { finished += 1; });
  }, outlook);
  expect([peak, finished]).toEqual([most, 20]);
  expect(responses.map((r) => r.id).sort()).toEqual(twenty.map((r) => r.id).sort());
});

test('a chain of dependsOn runs in its order', async () => {
  const order: string[] = [];
  const chain = twenty.slice(0, 6).map((r, i) => (i === 0 ? r : { ...r, dependsOn: [String(i - 1)] }));
  await run(chain, async (call) => {
    order.push(call.url.pathname);
    await new Promise((resolve) => setImmediate(resolve));
    return answerOf(call, { status: 200, json: {} }, () => undefined);
  }, true);
  expect(order).toEqual(chain.map((r) => `/v1.0${r.url}`));
});

test('JSON bodies arrive as JSON, others decoded from base64, and bytes leave as base64', async () => {
  const seen: string[] = [];
  const responses = await run([
    { id: '1', method: 'POST', url: '/a', headers: { 'Content-Type': 'application/json' }, body: { x: 1 } },
    { id: '2', method: 'PUT', url: '/b', headers: { 'Content-Type': 'text/plain' }, body: Buffer.from('MIME').toString('base64') },
  ], async (call) => {
    seen.push((await call.body.read(1000)).toString());
    return answerOf(call, { status: 200, stream: (async function* () { yield await Promise.resolve(Buffer.from([1, 2, 255])); })() }, () => undefined);
  });
  expect(seen.sort()).toEqual(['MIME', '{"x":1}']);
  expect(responses.map((r) => r.body)).toEqual(['AQL/', 'AQL/']);
});

test('a body without Content-Type, and a write without body, are refused without being run', async () => {
  const responses = await run([{ id: '1', method: 'POST', url: '/a', body: {} }, { id: '2', method: 'POST', url: '/a' }], () => Promise.reject(new Error('must not run')));
  expect(responses.map((r) => r.status)).toEqual([400, 400]);
});

test('one dropped connection drops the whole batch', async () => {
  const reply = await runBatch({
    body: Buffer.from(JSON.stringify({ requests: twenty.slice(0, 2) })), version: 'v1.0', outer, isOutlook: () => false, log: new RequestLog(), random: Math.random,
    answer: (call) => Promise.resolve(answerOf(call, call.url.pathname.includes('/1/') ? { status: 0 } : { status: 200, json: {} }, () => undefined)),
  });
  expect(reply).toEqual({ status: 0 });
});
