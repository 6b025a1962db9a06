import { makeControlListener } from './control/control-server.js';
import type { ControlRoute } from './control/control-route.js';
import { appOperations } from './control/app-operations.js';
import { behaviourOperations } from './control/behaviour-operations.js';
import { logOperations } from './control/log-operations.js';
import { placeOperations } from './control/place-operations.js';
import { tenantOperations, type MailboxMaker } from './control/tenant-operations.js';
import { groupRoutes } from './directory/group-routes.js';
import { organizationRoutes } from './directory/organization-routes.js';
import { mailboxReport, type UsageReader } from './directory/mailbox-report.js';
import { reportRoutes, reportsHost } from './directory/report-routes.js';
import { servicePrincipalRoutes } from './directory/service-principal-routes.js';
import { teamRoutes } from './directory/team-routes.js';
import { userReadRoutes } from './directory/user-routes.js';
import { userWriteRoutes } from './directory/user-writes.js';
import { entraRoutes } from './entra/entra-routes.js';
import { SigningKey } from './entra/signing-key.js';
import { TokenVerifier } from './entra/token-verifier.js';
import { fileReports } from './files/file-reports.js';
import { filePart } from './files/file-part.js';
import { GraphFront } from './http/graph-front.js';
import { HostFront, loginHost } from './http/host-front.js';
import type { HostRoute, Route } from './http/route.js';
import { graphHost, knowsHost, listen, makeListener, type Listening } from './http/server.js';
import { tunnelTo } from './http/tunnel.js';
import { makeTls } from './http/tls.js';
import { ScalableClock } from './world/clock.js';
import type { LimitProfile } from './world/limits/profile.js';
import { SimulatedWorld, type ExchangeMaker } from './world/simulated-world.js';
import type { World } from './world/world.js';

/** What the Exchange half brings: mailboxes, their routes, and their control operations. */
export interface ExchangePart {
  makeExchange: ExchangeMaker;
  routes: (world: World) => Route[];
  hostRoutes: (world: World) => HostRoute[];
  controlRoutes: (world: World) => ControlRoute[];
  /** Makes a mailbox with the content asked for (`'empty'`, or a profile). Throws ZodError for a profile that does not fit. */
  makeMailbox: MailboxMaker;
  usage: UsageReader;
}

/** What a simulator is started with. Ports of 0 are chosen by the system; null leaves that listener out. */
export interface SimulatorOptions {
  exchange: ExchangePart;
  seed?: string;
  host?: string;
  port?: number;
  tlsPort?: number | null;
  controlPort?: number;
  controlHost?: string;
  clock?: ScalableClock;
  limits?: LimitProfile;
  limitTimeScale?: number;
  /** Seconds a token lives, as clients are told it. */
  tokenSeconds?: number;
  /** Keys of an earlier run, to keep clients' trust. */
  keys?: SimulatorKeys;
}

/** What clients trust, all PEM: Entra's signing key, and the authority behind the TLS listener (null without one). */
export interface SimulatorKeys { signingKey: string; authority: { caCert: string; caKey: string } | null }

/** A running simulator. */
export interface Simulator {
  world: SimulatedWorld;
  port: number;
  tlsPort: number | null;
  controlPort: number;
  /** PEM of the authority behind the TLS listener; null without one. */
  caCert: string | null;
  keys: SimulatorKeys;
  /** Resolves when somebody asked for the end through the control interface. */
  stopped: Promise<void>;
  close: () => Promise<void>;
}

const outlookHosts = ['outlook.office365.com', 'outlook.office.com'];

/** Puts the parts together and listens. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { exchange } = options;
  const world = new SimulatedWorld({
    makeExchange: exchange.makeExchange,
    clock: options.clock ?? new ScalableClock(),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.limits === undefined ? {} : { limitProfile: options.limits }),
    ...(options.limitTimeScale === undefined ? {} : { limitTimeScale: options.limitTimeScale }),
  });
  const signingKey = options.keys === undefined ? SigningKey.generate() : SigningKey.fromPem(options.keys.signingKey);
  const reports = reportRoutes(world, [mailboxReport(exchange.usage), ...fileReports]);
  const graph = new GraphFront(world, [
    ...organizationRoutes(),
    ...userReadRoutes(world),
    ...userWriteRoutes(world),
    ...groupRoutes(world),
    ...teamRoutes(),
    ...servicePrincipalRoutes(world),
    ...reports.routes,
    ...filePart(world).routes,
    ...exchange.routes(world),
  ], new TokenVerifier(world, signingKey));
  const hosts = new HostFront(world, [
    ...entraRoutes(world, signingKey, { lifetimeSeconds: options.tokenSeconds ?? 3600 }),
    ...reports.hostRoutes,
    ...filePart(world).hostRoutes,
    ...exchange.hostRoutes(world),
  ]);
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => { stop = resolve; });
  const control = makeControlListener(world, [
    ...tenantOperations(world, exchange.makeMailbox),
    ...placeOperations(world),
    ...appOperations(world),
    ...behaviourOperations(world),
    ...logOperations(world, stop),
    ...filePart(world).controlRoutes,
    ...exchange.controlRoutes(world),
  ]);

  const listener = makeListener({ world, graph, hosts });
  const host = options.host ?? '127.0.0.1';
  const listening: Listening[] = [];
  const open = async (l: Promise<Listening>): Promise<Listening> => {
    const one = await l;
    listening.push(one);
    return one;
  };
  try {
    const plain = await open(listen(listener, { port: options.port ?? 0, host }));
    const tls = options.tlsPort === null ? null : await makeTls([graphHost, loginHost, reportsHost, ...outlookHosts, '*.sharepoint.com'], options.keys?.authority ?? undefined);
    const secure = tls === null ? null : await open(listen(listener, { port: options.tlsPort ?? 0, host, tls }));
    if (secure !== null) plain.server.on('connect', tunnelTo(secure.server, knowsHost(hosts)));
    const steering = await open(listen(control, { port: options.controlPort ?? 0, host: options.controlHost ?? '127.0.0.1' }));
    return {
      world,
      port: plain.port,
      tlsPort: secure?.port ?? null,
      controlPort: steering.port,
      caCert: tls?.caCert ?? null,
      keys: { signingKey: signingKey.toPem(), authority: tls === null ? (options.keys?.authority ?? null) : { caCert: tls.caCert, caKey: tls.caKey } },
      stopped,
      close: async () => { await Promise.all(listening.map((l) => l.close())); },
    };
  } catch (error) {
    await Promise.all(listening.map((l) => l.close()));
    throw error;
  }
}
