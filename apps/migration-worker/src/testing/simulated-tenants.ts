/** Two new tenants in a running simulator with one person each, and the real Graph client into both. */
import { createGovernor, createGraphClient, createHttp, createLastHop, createTokenSource, type GraphPort, type Http } from '@migrator/graph-client';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import type { TestSimulator } from '@migrator/testing/simulator';
import type { Identity, People, UnitPorts, UnitScope } from '../workloads/workload.js';

export const clientId = '6f1c0a52-7d3e-4b8a-9c41-2e5d8f7a1b30';

let pairs = 0;

interface Principal {
  readonly microsoftId: string;
  readonly kind: 'user' | 'group';
  readonly address: string;
  readonly alias: string;
}

async function principals(port: GraphPort): Promise<Principal[]> {
  const found: Principal[] = [];
  const budget = { kind: 'directory' } as const;
  for await (const { value } of port.pages<{ id: string; userPrincipalName: string }>('/users', { budget, query: { $select: 'id,userPrincipalName' } })) found.push(...value.map(({ id, userPrincipalName: upn }) => ({ microsoftId: id, kind: 'user' as const, address: upn.toLowerCase(), alias: upn.split('@')[0] ?? '' })));
  for await (const { value } of port.pages<{ id: string; mailNickname: string }>('/groups', { budget, query: { $select: 'id,mailNickname' } })) found.push(...value.map(({ id, mailNickname }) => ({ microsoftId: id, kind: 'group' as const, address: mailNickname, alias: mailNickname })));
  return found;
}

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
    return { source: this.source.port, destination: this.dest.port, people: this.people };
  }

  /** As the product's own mapping has it: by the name before the `@`, of a group by its mail nickname. */
  readonly people: People = {
    find: async (names) => {
      const [from, to] = await Promise.all([principals(this.source.port), principals(this.dest.port)]);
      return new Map(
        names.flatMap((name): [string, Identity][] => {
          const who = from.find(({ microsoftId, address }) => [microsoftId, address].includes(name.toLowerCase()));
          const dest = who === undefined ? undefined : to.find(({ kind, alias }) => kind === who.kind && alias === who.alias);
          const shown = ({ microsoftId, kind, address }: Principal): Identity['source'] => ({ microsoftId, kind, name: address });
          return [[name, { name, source: who === undefined ? null : shown(who), dest: dest === undefined ? null : shown(dest), how: dest === undefined ? 'unmatched' : 'automatic' }]];
        }),
      );
    },
  };

  get scope(): Pick<UnitScope, 'source' | 'dest'> {
    return { source: { microsoftId: this.source.userId, address: this.source.address }, dest: { microsoftId: this.dest.userId, address: this.dest.address } };
  }

  async stop(): Promise<void> {
    await this.simulator.control('DELETE', '/faults');
    for (const { tenantId } of [this.source, this.dest]) await this.simulator.control('DELETE', `/tenants/${tenantId}`);
    await this.http.close();
  }
}
