/** Every program of the stack: where it is, on which ports it listens, and its environment. */
import { join, resolve } from 'node:path';
import type { StackState } from './stack-state.js';
import { workerNodeFlags } from './worker-node-flags.js';

export const checkout = resolve(import.meta.dirname, '../../..');

export interface ServiceDefinition {
  name: string;
  main: string;
  /** Flags of Node.js itself. */
  nodeFlags: readonly string[];
  args: string[];
  env: Record<string, string>;
  /** Port that answers when it is up. */
  port: number;
  /** Address that answers 200 once it is ready. */
  readyUrl: string;
  url: string | null;
  privateUrl: string | null;
}

const local = (port: number | undefined): string => `http://127.0.0.1:${port ?? 0}`;

export interface StackUrls {
  database: string;
  redis: string;
  nats: string;
  gateway: string;
  simulator: string;
  simulatorControl: string;
}

export function urlsOf({ ports, external }: StackState): StackUrls {
  return {
    database: external.postgres ?? `postgres://postgres@127.0.0.1:${ports['postgres'] ?? 0}/postgres`,
    redis: external.redis ?? `redis://127.0.0.1:${ports['redis'] ?? 0}`,
    nats: external.nats ?? `nats://127.0.0.1:${ports['nats'] ?? 0}`,
    gateway: local(ports['api-gateway']),
    simulator: local(ports['simulator']),
    simulatorControl: local(ports['simulator-control']),
  };
}

const mainOf = (name: string): string => join(checkout, 'apps', name, 'dist/main.js');

export function simulatorDefinition(state: StackState, dataDir: string): ServiceDefinition {
  const { ports, secrets } = state;
  const urls = urlsOf(state);
  const flags: Record<string, string> = {
    port: String(ports['simulator']),
    'tls-port': String(ports['simulator-tls']),
    'control-port': String(ports['simulator-control']),
    'data-dir': join(dataDir, 'simulator'),
    preset: state.preset,
    limits: 'none',
    'client-id': secrets.graphClientId,
    'redirect-uri': `${urls.gateway}/v1/tenants/callback`,
  };
  return {
    name: 'graph-simulator',
    main: mainOf('graph-simulator'),
    // MB, and by how much its memory may grow before all of it is looked through, which V8 would do for every 25 MB of files that pass through.
    // What it stands for has machines of its own; its garbage collection should take as little as possible of this one.
    nodeFlags: ['--max-semi-space-size=64', '--heap-growing-percent=300'],
    args: Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
    env: { SIMULATOR_CLIENT_SECRET: secrets.graphClientSecret },
    port: ports['simulator-control'] ?? 0,
    readyUrl: `${urls.simulatorControl}/tenants`,
    url: urls.simulator,
    privateUrl: urls.simulatorControl,
  };
}

/** The services; workers last. `workerPorts` are the workers' private ports. */
export function serviceDefinitions(state: StackState): ServiceDefinition[] {
  const { ports, secrets } = state;
  const urls = urlsOf(state);
  const base = { NODE_ENV: 'production', LOG_LEVEL: 'info', DATABASE_URL: urls.database, REDIS_URL: urls.redis, NATS_URL: urls.nats, INTERNAL_SIGNING_KEY: secrets.signingKey, MESSAGING_NAMESPACE: state.namespace };
  const tenantUrl = local(ports['tenant-service']);
  const jobUrl = local(ports['job-service']);
  const service = (name: string, env: Record<string, string>): ServiceDefinition => ({
    name,
    main: mainOf(name),
    nodeFlags: [],
    args: [],
    env: { ...base, PORT: String(ports[name]), PRIVATE_PORT: String(ports[`${name}-private`]), ...env, ...state.settings[name] },
    port: ports[`${name}-private`] ?? 0,
    readyUrl: `${local(ports[`${name}-private`])}/readyz`,
    url: local(ports[name]),
    privateUrl: local(ports[`${name}-private`]),
  });
  const workers = Array.from({ length: state.workers }, (_each, index): ServiceDefinition => {
    const name = `migration-worker-${index + 1}`;
    return {
      name,
      main: mainOf('migration-worker'),
      nodeFlags: workerNodeFlags,
      args: [],
      env: { ...base, PRIVATE_PORT: String(ports[name]), TENANT_SERVICE_URL: tenantUrl, JOB_SERVICE_URL: jobUrl, MICROSOFT_LAST_HOP: urls.simulator, LEASE_SECONDS: String(state.leaseSeconds), ...state.settings['migration-worker'] },
      port: ports[name] ?? 0,
      readyUrl: `${local(ports[name])}/readyz`,
      url: null,
      privateUrl: local(ports[name]),
    };
  });
  return [
    service('tenant-service', { JOB_SERVICE_URL: jobUrl, SECRETS_KEY: secrets.secretsKey, GRAPH_CLIENT_ID: secrets.graphClientId, GRAPH_CLIENT_SECRET: secrets.graphClientSecret, PUBLIC_URL: urls.gateway, ENTRA_AUTHORITY: urls.simulator, MICROSOFT_LAST_HOP: urls.simulator, CONSENT_WAIT_SECONDS: '5' }),
    service('job-service', { TENANT_SERVICE_URL: tenantUrl }),
    service('device-service', {}),
    service('api-gateway', { TENANT_SERVICE_URL: tenantUrl, JOB_SERVICE_URL: jobUrl, DEVICE_SERVICE_URL: local(ports['device-service']), PUBLIC_URL: urls.gateway, API_KEY_PEPPER: secrets.pepper, SESSION_SECRET: secrets.sessionSecret, SIGN_UP: 'open', MAIL_LINKS_IN_LOG: 'true', ALLOW_INSECURE_LOOPBACK: 'true' }),
    ...workers,
  ];
}
