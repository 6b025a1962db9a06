import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { startSimulator, type Simulator, type SimulatorOptions } from '../compose.js';
import { exchangePart } from '../exchange-part.js';
import { applyPreset } from '../world/presets/presets.js';
import type { AppRegistration } from '../world/app-registry.js';
import type { SimTenant } from '../world/tenant.js';

/** An answer as a test looks at it. */
export interface Reply { status: number; headers: IncomingHttpHeaders; text: string; json: Record<string, unknown> | null; error: Record<string, unknown> | null }

/** What a test's request may carry. `token: null` sends none. */
export interface CallOptions { token?: string | null; headers?: Record<string, string>; body?: unknown; raw?: Buffer; form?: Record<string, string> }

/** A simulator with the small preset, consented in the source tenant, reached over real sockets. */
export interface TestSimulator extends Simulator {
  tenant: SimTenant;
  app: AppRegistration;
  /** A fresh token of the source tenant. */
  token: () => Promise<string>;
  /** A path counts as Graph's; a full production URL keeps its host. */
  call: (method: string, url: string, options?: CallOptions) => Promise<Reply>;
  callTls: (method: string, url: string) => Promise<Reply>;
  control: (method: string, path: string, body?: unknown) => Promise<{ status: number; json: Record<string, unknown> }>;
  controlText: (method: string, path: string) => Promise<{ status: number; text: string }>;
  /** Waits for a condition, five seconds at most. */
  until: (condition: () => boolean) => Promise<void>;
}

export const testSecret = 'a secret with + and / in it';
const redirectUri = 'http://localhost:3000/v1/tenants/callback';

/** Starts one; close it when done. */
export async function startTestSimulator(options: Partial<SimulatorOptions> = {}): Promise<TestSimulator> {
  const sim = await startSimulator({ exchange: exchangePart, ...options });
  applyPreset(sim.world, 'small', { make: exchangePart.makeMailbox, content: () => 'empty', app: { clientId: '6f1c0a52-7d3e-4b8a-9c41-2e5d8f7a1b30', secret: testSecret, redirectUris: [redirectUri] } });
  const tenant = sim.world.findTenant('contoso.com');
  const [app] = sim.world.apps.list();
  if (tenant === undefined || app === undefined) throw new Error('The small preset is gone');
  app.requiredRoles.push('User.ReadWrite.All', 'Application.Read.All', 'ReportSettings.ReadWrite.All');
  sim.world.apps.consent(tenant.id, app.clientId, app.requiredRoles);

  let cached: string | null = null;
  const send = (make: typeof httpRequest, port: number | null, method: string, url: string, o: CallOptions, extra: Record<string, unknown> = {}): Promise<Reply> => {
    const target = new URL(url, 'https://graph.microsoft.com');
    const body = o.raw ?? (o.form !== undefined ? Buffer.from(new URLSearchParams(o.form).toString()) : o.body === undefined ? null : Buffer.from(JSON.stringify(o.body)));
    return new Promise((resolve, reject) => {
      const req = make({
        host: '127.0.0.1', port, method, path: target.pathname + target.search, agent: false, ...extra,
        headers: {
          host: target.host,
          ...(o.token === null || o.token === undefined ? {} : { authorization: `Bearer ${o.token}` }),
          ...(body === null ? {} : { 'content-type': o.form === undefined ? 'application/json' : 'application/x-www-form-urlencoded', 'content-length': String(body.length) }),
          ...o.headers,
        },
      }, (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (c: Buffer) => chunks.push(c));
        res.on('error', reject);
        res.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const json = /json/.test(res.headers['content-type'] ?? '') && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : null;
          resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json, error: (json?.['error'] as Record<string, unknown> | undefined) ?? null });
        });
      });
      req.on('error', reject);
      req.end(body ?? undefined);
    });
  };
  const token = async (): Promise<string> => {
    const reply = await send(httpRequest, sim.port, 'POST', `https://login.microsoftonline.com/${tenant.id}/oauth2/v2.0/token`, {
      form: { client_id: app.clientId, client_secret: testSecret, scope: 'https://graph.microsoft.com/.default', grant_type: 'client_credentials' },
    });
    if (reply.status !== 200) throw new Error(`No token: ${reply.text}`);
    return String(reply.json?.['access_token']);
  };
  const graphCall = async (make: typeof httpRequest, port: number | null, method: string, url: string, o: CallOptions, extra?: Record<string, unknown>): Promise<Reply> =>
    send(make, port, method, url, o.token === undefined ? { ...o, token: (cached ??= await token()) } : o, extra);
  const control = (method: string, path: string, body?: unknown): Promise<Reply> => send(httpRequest, sim.controlPort, method, `http://control${path}`, { token: null, ...(body === undefined ? {} : { body }) });
  return {
    ...sim,
    tenant,
    app,
    token,
    call: (method, url, o = {}) => graphCall(httpRequest, sim.port, method, url, o),
    callTls: (method, url) => graphCall(httpsRequest as typeof httpRequest, sim.tlsPort, method, url, {}, { ca: sim.caCert, servername: 'graph.microsoft.com' }),
    control: async (method, path, body) => {
      const reply = await control(method, path, body);
      return { status: reply.status, json: reply.json ?? {} };
    },
    controlText: (method, path) => control(method, path),
    until: async (condition) => {
      const deadline = Date.now() + 5_000;
      while (!condition()) {
        if (Date.now() > deadline) throw new Error('The condition never held');
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
