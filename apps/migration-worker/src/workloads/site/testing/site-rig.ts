/** Two simulated tenants with one site each, the engine between them, and the simulator's own comparison. */
import type { GraphPort } from '@migrator/graph-client';
import { createLogger } from '@migrator/service-kit/logger';
import type { TestSimulator } from '@migrator/testing/simulator';
import { attempt, type Attempt, type AttemptEnd, type LedgerDatabase } from '../../../testing/engine-rig.js';
import { SimulatedTenants, type SimulatedEnd } from '../../../testing/simulated-tenants.js';
import type { DriveComparison, Step } from '../../drive/testing/drive-rig.js';
import type { UnitScope, Workload } from '../../workload.js';
import { siteWorkload } from '../site-workload.js';

let rigs = 0;
export const siteName = 'team';

export interface SiteEnd {
  readonly port: GraphPort;
  readonly tenantId: string;
  readonly siteId: string;
}

export class SiteRig {
  readonly workload: Workload = siteWorkload({ log: createLogger('test', 'silent') });
  readonly owner = `site ${++rigs}`;

  private constructor(
    readonly tenants: SimulatedTenants,
    private readonly simulator: TestSimulator,
    private readonly database: LedgerDatabase,
    readonly source: SiteEnd,
    readonly dest: SiteEnd,
  ) {}

  /** What the sites are made with besides their names: `content`, a profile of the default library, and `structure`, lists and pages. */
  static async start(simulator: TestSimulator, database: LedgerDatabase, source: Record<string, unknown>, dest: Record<string, unknown> = {}): Promise<SiteRig> {
    const tenants = await SimulatedTenants.start(simulator, 'SHAREPOINT', { source: {}, dest: {} });
    const site = async ({ port, tenantId }: SimulatedEnd, more: Record<string, unknown>): Promise<SiteEnd> => {
      const { sites } = await simulator.control<{ sites: { id: string }[] }>('POST', `/tenants/${tenantId}/sites`, { sites: [{ name: siteName, displayName: 'Team', kind: 'team', ...more }] });
      return { port, tenantId, siteId: sites[0]?.id ?? '' };
    };
    return new SiteRig(tenants, simulator, database, await site(tenants.source, source), await site(tenants.dest, dest));
  }

  get scope(): Pick<UnitScope, 'source' | 'dest'> {
    return { source: { microsoftId: this.source.siteId, address: 'https://source/sites/team' }, dest: { microsoftId: this.dest.siteId, address: 'https://dest/sites/team' } };
  }

  pass(options: Attempt = {}): Promise<AttemptEnd> {
    return attempt(this.database.sql, this.owner, this.workload, { ports: this.tenants.ports, ...options, scope: { ...this.scope, ...options.scope } });
  }

  async compareLibraries(more: Record<string, unknown> = {}): Promise<DriveComparison> {
    const { drives } = await this.simulator.control<{ drives: DriveComparison[] }>('POST', '/files/compare', { source: this.source.tenantId, destination: this.dest.tenantId, drives: [{ source: siteName, dest: siteName }], permissions: false, versions: false, ...more });
    const [compared] = drives;
    if (compared === undefined) throw new Error('nothing was compared');
    return compared;
  }

  /** What an owner does in the default library. */
  owns(side: 'source' | 'dest', steps: readonly Step[]): Promise<unknown> {
    return this.control('changes', side, { do: steps });
  }

  /** What people do to lists and pages. */
  edits(side: 'source' | 'dest', ...steps: Record<string, unknown>[]): Promise<unknown> {
    return this.simulator.control('POST', '/sites/changes', { tenant: this[side].tenantId, site: siteName, do: steps });
  }

  control<T>(operation: string, side: 'source' | 'dest', body: Record<string, unknown>): Promise<T> {
    return this.simulator.control<T>('POST', `/files/${operation}`, { tenant: this[side].tenantId, site: siteName, ...body });
  }

  fault(rule: unknown): Promise<unknown> {
    return this.simulator.control('POST', '/faults', rule);
  }

  /** Requests that changed the destination. */
  async writes(): Promise<{ method: string; route: string }[]> {
    return (await this.simulator.control<{ writes: { method: string; route: string }[] }>('GET', `/writes?tenant=${this.dest.tenantId}&limit=100000`)).writes;
  }

  async stop(): Promise<void> {
    await this.tenants.stop();
  }
}
