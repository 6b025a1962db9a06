import { parseArgs } from 'node:util';
import { z } from 'zod';

/** What the command line may say. */
export interface Config {
  port: number;
  tlsPort: number | null;
  controlPort: number;
  host: string;
  controlHost: string;
  dataDir: string | null;
  caFile: string | null;
  preset: 'demo' | 'small' | 'empty';
  seed: string;
  timeScale: number;
  limits: 'none' | 'published';
  latency: { fixedMs: number; jitterMs: number };
  tokenSeconds: number;
  app: { clientId: string; secret: string; redirectUris: string[] };
}

/** The client id of the demo's registered app unless another is given. */
export const demoClientId = '6f1c0a52-7d3e-4b8a-9c41-2e5d8f7a1b30';

/** Text of `--help`. */
export const help = `Usage: node dist/main.js [options]

Simulates Microsoft Entra and Microsoft Graph for any client. It answers for the production host names
(graph.microsoft.com, login.microsoftonline.com, outlook.office365.com, outlook.office.com, reportsncu.office.com)
by the Host header. What is written to it lives in memory and is lost at exit.

  --port N             plain HTTP listener (default 4000; 0 picks a free port)
  --tls-port N         TLS listener (default 4443; "off" for none)
  --control-port N     control interface, JSON over HTTP (default 4001)
  --host ADDRESS       address of the Graph listeners (default 127.0.0.1)
  --control-host ADDR  address of the control listener (default 127.0.0.1; it has no password)
  --data-dir DIR       keeps the certificate authority and the token signing key between runs (nothing else)
  --ca-file FILE       writes the authority's certificate here (default DIR/ca.pem when there is a --data-dir)
  --preset NAME        demo: two tenants with people and mail; small: two tenants, three people; empty: nothing (default demo)
  --seed TEXT          the same seed gives the same tenants, ids and content (default graph-simulator)
  --limits NAME        none or published: Graph's throttling limits (default published)
  --time-scale N       shortens the windows of the limits: 60 turns ten minutes into ten seconds (default 1)
  --latency MS[+JITTER] what every answer takes, in real milliseconds (default 0)
  --token-seconds N    lifetime of access tokens (default 3600)
  --client-id GUID     the registered multi-tenant app (default ${demoClientId})
  --client-secret TEXT its secret (default, or SIMULATOR_CLIENT_SECRET: simulator-secret)
  --redirect-uri URL   an address its consent may return to; may be repeated (default http://localhost:3000/v1/tenants/callback)
  --help               this text

Prints one line of JSON with its addresses when it is ready. Ends on SIGTERM, SIGINT or POST /shutdown.
`;

const port = z.coerce.number().int().min(0).max(65_535);

const Flags = z.object({
  port: port.default(4000),
  'tls-port': z.union([z.literal('off').transform(() => null), port]).default(4443),
  'control-port': port.default(4001),
  host: z.string().default('127.0.0.1'),
  'control-host': z.string().default('127.0.0.1'),
  'data-dir': z.string().optional(),
  'ca-file': z.string().optional(),
  preset: z.enum(['demo', 'small', 'empty']).default('demo'),
  seed: z.string().default('graph-simulator'),
  limits: z.enum(['none', 'published']).default('published'),
  'time-scale': z.coerce.number().positive().default(1),
  latency: z.string().regex(/^\d+(\+\d+)?$/, 'milliseconds, or milliseconds+jitter').default('0'),
  'token-seconds': z.coerce.number().int().min(2).default(3600),
  'client-id': z.guid().default(demoClientId),
  'client-secret': z.string().min(1).optional(),
  'redirect-uri': z.array(z.url()).optional(),
});

/** Reads the command line; null asks for the help text. Throws with every problem at once. */
export function readConfig(args: readonly string[], env: { SIMULATOR_CLIENT_SECRET?: string | undefined }): Config | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      'redirect-uri': { type: 'string', multiple: true },
      ...Object.fromEntries(Object.keys(Flags.shape).filter((k) => k !== 'redirect-uri').map((k) => [k, { type: 'string' as const }])),
    },
  });
  if (values['help'] === true) return null;
  const parsed = Flags.safeParse(values);
  if (!parsed.success) throw new Error(parsed.error.issues.map((i) => `--${i.path.join('.')}: ${i.message}`).join('\n'));
  const f = parsed.data;
  const [fixed, jitter] = f.latency.split('+').map(Number);
  return {
    port: f.port,
    tlsPort: f['tls-port'],
    controlPort: f['control-port'],
    host: f.host,
    controlHost: f['control-host'],
    dataDir: f['data-dir'] ?? null,
    caFile: f['ca-file'] ?? null,
    preset: f.preset,
    seed: f.seed,
    timeScale: f['time-scale'],
    limits: f.limits,
    latency: { fixedMs: fixed ?? 0, jitterMs: jitter ?? 0 },
    tokenSeconds: f['token-seconds'],
    app: {
      clientId: f['client-id'],
      secret: f['client-secret'] ?? env.SIMULATOR_CLIENT_SECRET ?? 'simulator-secret',
      redirectUris: f['redirect-uri'] ?? ['http://localhost:3000/v1/tenants/callback'],
    },
  };
}
