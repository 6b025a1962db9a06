/** Two new tenants in a running simulator with one person each, and the real Graph client into both. */
import { createGovernor, createGraphClient, createHttp, createLastHop, createTokenSource, type GraphPort, type Http } from '@migrator/graph-client';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import type { TestSimulator } from '@migrator/testing/simulator';
import type { UnitPorts, UnitScope } from '../workloads/workload.js';

export const clientId = '6f1c0a52-7d3e-4b8a-9c41-2e5d8f7a1b30';

let pairs = 0;

export interface SimulatedEnd {
  readonly port: GraphPort;
  /** Microsoft's id of the tenant, and the person's object id. */
  readonly tenantId: string;
  readonly userId: string;
  readonly address: string;
}

export class SimulatedTenants {
  private constructor(
    readonly simulator: TestSimulator,
    readonly http: Http,
    readonly source: SimulatedEnd,
    readonly dest: SimulatedEnd,
  ) {}

  /** `people`: what the person of each tenant has besides a name. */
  static async start(simulator: TestSimulator, workload: WorkloadName, people: { source: Record<string, unknown>; dest: Record<string, unknown> }): Promise<SimulatedTenants> {
    const number = ++pairs;
    const http = createHttp(createLastHop(simulator.url));
    // The simulator of these tests has no limits; a minute's units of the smallest tenant would hold a few hundred files up.
    const governor = createGovernor({ overrides: { limits: { 'files.unitsPerMinute': { max: 1_000_000 } } } });
    const end = async (domain: string, person: Record<string, unknown>): Promise<SimulatedEnd> => {
      const made = await simulator.control<{ id: string }>('POST', '/tenants', { domain, displayName: domain, users: [{ alias: 'ada', displayName: 'Ada', ...person }] });
      await simulator.control('POST', '/consents', { tenant: domain, clientId });
      const tokens = createTokenSource({ tenantId: made.id, clientId, credential: { kind: 'secret', clientSecret: 'simulator-secret' } }, http);
      const port = createGraphClient({ tenantId: made.id, clientId, tokens, http, governor, flow: { organisation: 'org', job: 'job', workload } });
      const user = await port.get<{ id: string }>(`/users/ada@${domain}`, { budget: { kind: 'directory' }, query: { $select: 'id' } });
      return { port, tenantId: made.id, userId: user.id, address: `ada@${domain}` };
    };
    return new SimulatedTenants(simulator, http, await end(`contoso-${number}.example`, people.source), await end(`fabrikam-${number}.example`, people.dest));
  }

  get ports(): UnitPorts {
    return { source: this.source.port, destination: this.dest.port };
  }

  get scope(): Pick<UnitScope, 'source' | 'dest'> {
    return { source: { microsoftId: this.source.userId, address: this.source.address }, dest: { microsoftId: this.dest.userId, address: this.dest.address } };
  }

  async stop(): Promise<void> {
    await this.simulator.control('DELETE', '/faults');
    for (const { tenantId } of [this.source, this.dest]) await this.simulator.control('DELETE', `/tenants/${tenantId}`);
    await this.http.close();
  }
}
