/** Two simulated tenants with one drive each, the engine between them, and the simulator's own comparison. */
import { createLogger } from '@migrator/service-kit/logger';
import type { TestSimulator } from '@migrator/testing/simulator';
import { attempt, type Attempt, type AttemptEnd, type LedgerDatabase } from '../../../testing/engine-rig.js';
import { SimulatedTenants } from '../../../testing/simulated-tenants.js';
import { verifyAttempt, type VerifyAttemptEnd } from '../../../testing/verify-rig.js';
import type { UnitScope, Workload } from '../../workload.js';
import { onedriveWorkload } from '../drive-workload.js';

export interface Step {
  readonly kind: 'write' | 'folder' | 'rename' | 'move' | 'delete' | 'share' | 'unshare' | 'restrict';
  readonly path: string;
  readonly to?: string;
  readonly bytes?: number;
  readonly with?: string;
  readonly role?: 'read' | 'write' | 'owner';
  readonly link?: { readonly type: 'view' | 'edit'; readonly scope: 'anonymous' | 'organization' | 'users'; readonly password?: boolean; readonly preventsDownload?: boolean };
  readonly until?: string;
}

export interface DriveComparison {
  readonly expected: number;
  readonly matched: number;
  readonly withheld: number;
  readonly missing: number;
  readonly extra: number;
  readonly differs: number;
  readonly examples: { missing: string[]; extra: string[]; differs: string[]; kept?: string[]; doubled?: string[] };
}

interface Grantee {
  user?: { displayName: string };
  group?: { displayName: string };
}

let rigs = 0;

export class DriveRig {
  readonly workload: Workload = onedriveWorkload({ log: createLogger('test', 'silent') });
  readonly owner = `drive ${++rigs}`;
  /** Names of the sites that both drives are in; a locked one does not tell. */
  readonly #sites: { source?: string; dest?: string } = {};

  private constructor(
    readonly tenants: SimulatedTenants,
    private readonly simulator: TestSimulator,
    private readonly database: LedgerDatabase,
  ) {}

  /** `content`: profile of the source's drive. `destDrive`: what the destination's is made from; null, of either: there is none. */
  static async start(simulator: TestSimulator, database: LedgerDatabase, content: unknown, destDrive: unknown = true): Promise<DriveRig> {
    return new DriveRig(await SimulatedTenants.start(simulator, 'ONEDRIVE', { source: content === null ? {} : { drive: { content } }, dest: destDrive === null ? {} : { drive: destDrive } }), simulator, database);
  }

  /** Somebody else of the source with a drive of their own, in which all this was done. */
  async secondSource(steps: readonly Step[]): Promise<UnitScope['source']> {
    const { tenantId, address, port } = this.tenants.source;
    const other = `eve@${address.split('@')[1] ?? ''}`;
    await this.simulator.control('POST', `/tenants/${tenantId}/users`, { users: [{ alias: 'eve', displayName: 'Eve', drive: true }] });
    await this.simulator.control('POST', '/files/changes', { tenant: tenantId, user: other, do: steps });
    const { id } = await port.get<{ id: string }>(`/users/${other}`, { budget: { kind: 'directory' }, query: { $select: 'id' } });
    return { microsoftId: id, address: other };
  }

  /** Changes the site that a drive is in: its quota, or whether an administrator has locked it. */
  async ofSite(side: 'source' | 'dest', change: { quotaBytes?: number; locked?: boolean }): Promise<void> {
    const { port, tenantId, userId } = this.tenants[side];
    this.#sites[side] ??= new URL((await port.get<{ webUrl: string }>(`/users/${userId}/drive`, { budget: { kind: 'files' } })).webUrl).pathname.split('/')[2] ?? '';
    await this.simulator.control('PATCH', `/tenants/${tenantId}/sites/${this.#sites[side]}`, change);
  }

  pass(options: Attempt = {}): Promise<AttemptEnd> {
    return attempt(this.database.sql, this.owner, this.workload, { ports: this.tenants.ports, ...options, scope: { ...this.tenants.scope, ...options.scope } });
  }

  verify(scope: Attempt['scope'] = {}, passId = 'verify'): Promise<VerifyAttemptEnd> {
    return verifyAttempt(this.database.sql, this.owner, this.workload, { passId, ports: this.tenants.ports, scope: { ...this.tenants.scope, ...scope } });
  }

  /** Also how many messages sharing has sent in both tenants. */
  async compare(more: Record<string, unknown> = {}): Promise<DriveComparison & { invitationsSent: number }> {
    const { source, dest } = this.tenants;
    const { drives, invitationsSent } = await this.simulator.control<{ drives: DriveComparison[]; invitationsSent: number }>('POST', '/files/compare', { source: source.tenantId, destination: dest.tenantId, drives: [{ source: source.address, dest: dest.address }], permissions: false, versions: false, ...more });
    const [compared] = drives;
    if (compared === undefined) throw new Error('nothing was compared');
    return { ...compared, invitationsSent };
  }

  /** More people of a tenant, by the name before the `@`; and groups, by theirs. */
  async people(side: 'source' | 'dest', aliases: readonly string[], groups: readonly string[] = [], more: Record<string, unknown> = {}): Promise<void> {
    const { tenantId } = this.tenants[side];
    await this.simulator.control('POST', `/tenants/${tenantId}/users`, { users: aliases.map((alias) => ({ alias, displayName: alias, ...more })) });
    for (const name of groups) await this.simulator.control('POST', `/tenants/${tenantId}/groups`, { displayName: name, mailNickname: name, kind: 'security' });
  }

  async leaves(side: 'source' | 'dest', alias: string): Promise<void> {
    const { tenantId, address } = this.tenants[side];
    await this.simulator.control('DELETE', `/tenants/${tenantId}/users/${alias}@${address.split('@')[1] ?? ''}`);
  }

  /** What an item grants, with what it inherits, in words. */
  async granted(side: 'source' | 'dest', path: string): Promise<string[]> {
    const { port, userId } = this.tenants[side];
    const { value } = await port.get<{ value: { roles: string[]; link?: { type: string; scope: string }; grantedToV2?: Grantee; grantedToIdentitiesV2?: Grantee[]; expirationDateTime?: string }[] }>(`/users/${userId}/drive/root:/${path}:/permissions`, { budget: { kind: 'files' } });
    const name = (who: Grantee | undefined): string => who?.user?.displayName ?? who?.group?.displayName ?? '';
    return value
      .map(({ roles, link, grantedToV2, grantedToIdentitiesV2, expirationDateTime }) => `${link === undefined ? roles.join() : `${link.type} link for ${link.scope}`}: ${link === undefined ? name(grantedToV2) : (grantedToIdentitiesV2 ?? []).map(name).sort().join()}${expirationDateTime === undefined ? '' : ` until ${expirationDateTime.slice(0, 10)}`}`)
      .sort();
  }

  /** Addresses of the links to a thing. */
  async linkAddresses(side: 'source' | 'dest', path: string): Promise<string[]> {
    const { port, userId } = this.tenants[side];
    const { value } = await port.get<{ value: { link?: { webUrl: string } }[] }>(`/users/${userId}/drive/root:/${path}:/permissions`, { budget: { kind: 'files' } });
    return value.flatMap(({ link }) => link?.webUrl ?? []);
  }

  /** Requests of one side whose path holds a text, by method. */
  async requests(side: 'source' | 'dest', path: string): Promise<{ method: string }[]> {
    return (await this.simulator.control<{ requests: { method: string }[] }>('GET', `/requests?tenant=${this.tenants[side].tenantId}&path=${encodeURIComponent(path)}&limit=100000`)).requests;
  }

  /** What an owner does in their drive. */
  owns(side: 'source' | 'dest', steps: readonly Step[]): Promise<unknown> {
    return this.control('changes', side, { do: steps });
  }

  /** A control operation on one of the drives. */
  control<T>(operation: string, side: 'source' | 'dest', body: Record<string, unknown>): Promise<T> {
    const { tenantId, address } = this.tenants[side];
    return this.simulator.control<T>('POST', `/files/${operation}`, { tenant: tenantId, user: address, ...body });
  }

  fault(rule: unknown): Promise<unknown> {
    return this.simulator.control('POST', '/faults', rule);
  }

  /** Requests that changed the destination. */
  async writes(): Promise<{ method: string; route: string }[]> {
    return (await this.simulator.control<{ writes: { method: string; route: string }[] }>('GET', `/writes?tenant=${this.tenants.dest.tenantId}&limit=100000`)).writes;
  }

  async stop(): Promise<void> {
    await this.tenants.stop();
  }
}
