import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { World } from '../world/world.js';
import { writeAnswer } from './answer-writer.js';
import { asFault, faultReply, requestIds, type Answer, type Call } from './call.js';
import type { GraphFront } from './graph-front.js';
import { loginHost, type HostFront } from './host-front.js';
import { GraphFault } from './route.js';
import { RequestBody } from './request-body.js';

/** Where Graph is in production. */
export const graphHost = 'graph.microsoft.com';

const aliases: Readonly<Record<string, string>> = { 'login.windows.net': loginHost, 'login.microsoft.com': loginHost, 'sts.windows.net': loginHost };

/** The listener behind both ports: finds out which production host is meant and lets its front answer. */
export function makeListener(deps: { world: World; graph: GraphFront; hosts: HostFront }): RequestListener {
  return (req, res) => {
    serve(deps, req, res).catch((error: unknown) => {
      // Only a bug of this simulator gets here; the client must not be left hanging.
      res.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  };
}

async function serve({ world, graph, hosts }: { world: World; graph: GraphFront; hosts: HostFront }, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const length = Number(req.headers['content-length'] ?? 0);
  const path = req.url ?? '/';
  const host = productionHost(req, path, hosts);
  let controller: AbortController | null = null;
  const call: Call = {
    method: req.method ?? 'GET',
    url: parseUrl(host, path),
    headers: req.headers,
    body: new RequestBody(req, length),
    ...requestIds(req.headers),
    inBatch: false,
    startedAt: performance.now(),
    signal: () => {
      if (controller === null) {
        const made = (controller = new AbortController());
        if (res.closed) made.abort(new Error('The client went away'));
        res.once('close', () => { if (!res.writableFinished) made.abort(new Error('The client went away')); });
      }
      return controller.signal;
    },
  };
  const answer = host === graphHost ? await graph.answer(call) : host === null ? misdirected(call, world) : await hosts.answer(call);
  let bytesOut = 0;
  try {
    bytesOut = await writeAnswer(res, call, answer, world.clock.now());
  } finally {
    answer.finish();
    // A client that left before the answer got none.
    world.log.add({ ...answer.log, status: res.headersSent ? answer.reply.status : 0, bytesIn: call.body.bytes, bytesOut, ms: performance.now() - call.startedAt });
  }
}

function parseUrl(host: string | null, path: string): URL {
  const base = `https://${host ?? 'unknown.host'}`;
  try {
    return new URL(path.startsWith('/') ? base + path : path);
  } catch {
    return new URL(base);
  }
}

/** The production host a request is for: the Host header, `x-original-host` from a rewriting dispatcher, or what the path tells. */
function productionHost(req: IncomingMessage, path: string, hosts: HostFront): string | null {
  const original = req.headers['x-original-host'];
  const named = (typeof original === 'string' ? original : (req.headers.host ?? '')).replace(/:\d+$/, '').toLowerCase();
  if (knowsHost(hosts)(named)) return aliases[named] ?? named;
  if (/^\/(v1\.0|beta)(\/|\?|$)/i.test(path)) return graphHost;
  return hosts.hostOf(path.split('?')[0] ?? path);
}

function misdirected(call: Call, world: World): Answer {
  const fault = asFault(new GraphFault(421, 'MisdirectedRequest', 'No simulated host answers here: send the Host header of the production host, e.g. graph.microsoft.com.'));
  return {
    reply: faultReply(fault, call, world.clock.now()),
    headers: {},
    effects: {},
    finish: () => undefined,
    log: {
      at: new Date(world.clock.now()).toISOString(), requestId: call.requestId, clientRequestId: call.clientRequestId, tenantId: null, clientId: null,
      method: call.method, host: String(call.headers.host), path: call.url.pathname, route: null, mailbox: null, code: fault.code,
      write: false, inBatch: false, throttled: false, faults: [], units: 0,
    },
  };
}

/** Whether a name is one of the production hosts that are answered here. */
export const knowsHost = (hosts: HostFront) => (name: string): boolean => {
  const host = aliases[name] ?? name;
  return host === graphHost || hosts.knows(host);
};

/** A listening server that can be closed without waiting for idle connections. */
export interface Listening { server: Server; port: number; close: () => Promise<void> }

/** Listens on `port` (0 picks one); TLS when a certificate is given. */
export async function listen(listener: RequestListener, options: { port: number; host: string; tls?: { key: string; cert: string } }): Promise<Listening> {
  const server: Server = options.tls === undefined
    ? createHttpServer({ keepAliveTimeout: 65_000, maxHeaderSize: 65_536, noDelay: true }, listener)
    : createHttpsServer({ keepAliveTimeout: 65_000, maxHeaderSize: 65_536, noDelay: true, key: options.tls.key, cert: options.tls.cert }, listener);
  // An import may stream for longer than Node's five minutes.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => { server.off('error', reject); resolve(); });
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => {
      server.close(() => { resolve(); });
      server.closeIdleConnections();
      setTimeout(() => { server.closeAllConnections(); }, 2_000).unref();
    }),
  };
}
