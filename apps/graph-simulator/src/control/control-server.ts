import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { ZodError } from 'zod';
import { Router } from '../http/router.js';
import type { World } from '../world/world.js';
import { ControlError, type ControlRoute } from './control-route.js';

const bodyBytesMax = 64 * 1024 * 1024;

/** The control interface: JSON in, JSON out, an index at `/`. Its listener belongs on loopback. */
export function makeControlListener(world: World, routes: readonly ControlRoute[]): RequestListener {
  const router = new Router<ControlRoute>();
  for (const route of routes) router.add(route.method, route.path, route);
  const index = {
    name: 'Graph simulator control interface',
    operations: routes.map(({ method, path, summary }) => ({ method, path, summary })).sort((a, b) => (a.path === b.path ? (a.method < b.method ? -1 : 1) : a.path < b.path ? -1 : 1)),
  };
  return (req, res) => {
    answer(world, router, index, req, res).catch((error: unknown) => {
      const [status, body] = refusal(error);
      send(res, status, body);
    });
  };
}

async function answer(world: World, router: Router<ControlRoute>, index: unknown, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://control');
  if (url.pathname === '/' && req.method === 'GET') {
    send(res, 200, index);
    return;
  }
  const match = router.find(req.method ?? 'GET', url.pathname);
  if (match.kind === 'segment') throw new ControlError(404, `There is no ${url.pathname}; GET / lists the operations.`);
  if (match.kind === 'method') throw new ControlError(405, `${url.pathname} takes ${match.allow.join(', ')}.`);
  const result = await match.route.handle({ params: match.params, query: url.searchParams, json: () => readJson(req), world });
  send(res, 200, result ?? { ok: true });
}

async function readJson(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyBytesMax) throw new ControlError(413, 'The body is too large.');
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (error) {
    throw new ControlError(400, `The body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function refusal(error: unknown): [number, unknown] {
  if (error instanceof ControlError) return [error.status, { error: error.message }];
  if (error instanceof ZodError) return [400, { error: 'The body does not fit.', issues: error.issues.map((i) => ({ path: i.path.join('.'), message: i.message })) }];
  return [500, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }];
}

function send(res: ServerResponse, status: number, body: unknown): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const text = JSON.stringify(body, (_key, value: unknown) => (value instanceof Set ? [...(value as Set<unknown>)] : value instanceof Map ? Object.fromEntries(value as Map<string, unknown>) : value));
  res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(text) }).end(text);
}
