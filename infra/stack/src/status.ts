/** What is running, and where. */
import { isAlive } from '@migrator/local-servers';
import { serviceDefinitions, simulatorDefinition, urlsOf } from './service-definitions.js';
import { readState } from './stack-state.js';
import { answersOk } from './answers-ok.js';

export interface StackStatus {
  gatewayUrl: string;
  simulatorUrl: string;
  simulatorControlUrl: string;
  simulatedTenants: { tenantId: string; domain: string }[];
  simulatorApp: { clientId: string; clientSecret: string };
  orgId: string;
  apiKey: string;
  services: { name: string; pid: number | null; url: string | null; privateUrl: string | null; ready: boolean }[];
  /** Servers, for those who want to look inside. */
  databaseUrl: string;
  redisUrl: string;
  natsUrl: string;
}

/** Null when there is no stack in this folder, or its first start did not get far enough to have an account. */
export async function status(dataDir: string): Promise<StackStatus | null> {
  const state = readState(dataDir);
  if (state?.account == null) return null;
  const urls = urlsOf(state);
  const services = await Promise.all(
    [simulatorDefinition(state, dataDir), ...serviceDefinitions(state)].map(async ({ name, url, privateUrl, readyUrl }) => {
      const known = state.processes[name];
      const alive = isAlive(known);
      return { name, pid: alive ? known.pid : null, url, privateUrl, ready: alive && (await answersOk(readyUrl)) };
    }),
  );
  return {
    gatewayUrl: urls.gateway,
    simulatorUrl: urls.simulator,
    simulatorControlUrl: urls.simulatorControl,
    simulatedTenants: await simulatedTenants(urls.simulatorControl),
    simulatorApp: { clientId: state.secrets.graphClientId, clientSecret: state.secrets.graphClientSecret },
    ...state.account,
    services,
    databaseUrl: urls.database,
    redisUrl: urls.redis,
    natsUrl: urls.nats,
  };
}

async function simulatedTenants(controlUrl: string): Promise<StackStatus['simulatedTenants']> {
  try {
    const { tenants } = (await (await fetch(`${controlUrl}/tenants`, { signal: AbortSignal.timeout(3_000) })).json()) as { tenants: { id: string; domain: string }[] };
    return tenants.map(({ id, domain }) => ({ tenantId: id, domain }));
  } catch {
    return [];
  }
}
