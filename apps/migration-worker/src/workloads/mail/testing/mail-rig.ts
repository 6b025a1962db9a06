/** Two simulated tenants with one mailbox each, the real Graph client between them, and a plain pass over the workload. */
import type { GraphPort, Http } from '@migrator/graph-client';
import { createLogger } from '@migrator/service-kit/logger';
import type { TestSimulator } from '@migrator/testing/simulator';
import { SimulatedTenants } from '../../../testing/simulated-tenants.js';
import { CheckpointExpired, ContainerGone, type Container, type DestContainer, type DestRef, type ItemResult, type SourceItem, type TransferItem, type UnitScope, type UnitSession } from '../../workload.js';
import { mailWorkload } from '../mail-workload.js';
import { signal } from './build.js';

interface Row {
  version: string;
  dest: DestRef;
}

export interface PassOptions {
  readonly dryRun?: boolean;
  readonly scope?: Partial<UnitScope['scope']>;
  readonly filters?: UnitScope['filters'];
  readonly destPrefix?: string | null;
  /** Containers to visit; all by default. */
  readonly only?: (container: Container) => boolean;
}

export interface PassEnd {
  readonly containers: Container[];
  readonly results: (ItemResult & { container: string; kind: string })[];
  /** Keys of all items seen, as often as they were listed. */
  readonly listed: string[];
  /** Items whose version the pass already knew. */
  readonly unchanged: number;
}

export class MailRig {
  readonly ledger = new Map<string, Row>();
  readonly checkpoints = new Map<string, string>();

  private constructor(
    private readonly tenants: SimulatedTenants,
    readonly simulator: TestSimulator,
    readonly http: Http,
    readonly source: GraphPort,
    readonly destination: GraphPort,
    readonly ids: { source: string; dest: string; sourceTenant: string; destTenant: string; sourceAddress: string; destAddress: string },
  ) {}

  /** Two new tenants in a running simulator. */
  static async start(simulator: TestSimulator, content: unknown, destContent: unknown = 'empty'): Promise<MailRig> {
    const tenants = await SimulatedTenants.start(simulator, 'EMAIL', { source: { content }, dest: { content: destContent } });
    const { source, dest } = tenants;
    return new MailRig(tenants, simulator, tenants.http, source.port, dest.port, { source: source.userId, dest: dest.userId, sourceTenant: source.tenantId, destTenant: dest.tenantId, sourceAddress: source.address, destAddress: dest.address });
  }

  stop(): Promise<void> {
    return this.tenants.stop();
  }

  async open({ dryRun = false, scope = {}, filters = {}, destPrefix = null }: PassOptions = {}): Promise<UnitSession> {
    const workload = mailWorkload({ clock: { now: () => new Date() }, log: createLogger('test', 'silent') });
    const unit: UnitScope = {
      source: { microsoftId: this.ids.source, address: this.ids.sourceAddress },
      dest: { microsoftId: this.ids.dest, address: this.ids.destAddress },
      scope: { email: true, calendar: true, contacts: true, tasks: true, ...scope },
      filters,
      merge: false,
      versionsMax: null,
      deletions: 'keep',
      destPrefix,
      dryRun,
    };
    return await workload.open(unit, { source: this.source, destination: this.destination, people: { find: () => Promise.resolve(new Map()) } }, signal);
  }

  /** Lists everything and copies what the ledger does not know, page by page; what is in doubt is looked for and written again. */
  async pass(options: PassOptions = {}): Promise<PassEnd> {
    const session = await this.open(options);
    const containers: Container[] = [];
    const results: PassEnd['results'] = [];
    const listed: string[] = [];
    let unchanged = 0;
    const dests = new Map<string, DestContainer>();
    for await (const container of session.containers(signal)) {
      containers.push(container);
      const dest = await session.ensure(container, container.parentKey === null ? null : (dests.get(container.parentKey) ?? null), signal);
      dests.set(container.key, dest);
      if (options.only !== undefined && !options.only(container)) continue;
      for await (const items of this.listing(session, container)) {
        const open: TransferItem[] = [];
        for (const item of items) {
          listed.push(item.key);
          const known = this.ledger.get(keyOf(container, item));
          if (known?.version === item.version) unchanged += 1;
          else open.push({ item, existing: known?.dest ?? null, needed: null, mark: markOf(container, item) });
        }
        if (options.dryRun === true) continue;
        for (const result of await this.settle(session, open, dest, container)) results.push({ ...result, container: container.path, kind: open.find(({ item }) => item.key === result.key)?.item.kind ?? '' });
      }
    }
    return { containers, results, listed, unchanged };
  }

  private async *listing(session: UnitSession, container: Container): AsyncGenerator<readonly SourceItem[]> {
    let from = this.checkpoints.get(container.key) ?? null;
    for (let restarts = 0; ; restarts++) {
      try {
        for await (const page of session.pages(container, from, signal)) {
          yield page.items;
          this.checkpoints.set(container.key, page.checkpoint);
        }
        return;
      } catch (error) {
        if (error instanceof ContainerGone) return;
        if (!(error instanceof CheckpointExpired) || restarts > 2) throw error;
        from = null;
      }
    }
  }

  private async settle(session: UnitSession, items: TransferItem[], dest: DestContainer, container: Container): Promise<ItemResult[]> {
    const ended: ItemResult[] = [];
    for (let open = items, round = 0; open.length > 0 && round < 3; open = open.map((entry) => ({ ...entry, again: true })), round++) {
      const inDoubt: TransferItem[] = [];
      for (const batch of batches(open)) {
        for await (const result of session.transfer(batch, dest, container, signal)) {
          const entry = batch.find(({ item }) => item.key === result.key);
          if (entry === undefined) throw new Error('a result for an item that was not asked for');
          if (result.outcome === 'in_doubt') inDoubt.push(entry);
          else ended.push(result);
          if (result.outcome === 'copied' || result.outcome === 'updated') this.ledger.set(keyOf(container, entry.item), { version: entry.item.version, dest: result.dest });
        }
      }
      const found = inDoubt.length === 0 ? new Map<string, DestRef[]>() : await session.find(inDoubt, dest, container, signal);
      open = [];
      for (const entry of inDoubt) {
        const [copy] = found.get(entry.item.key) ?? [];
        if (copy === undefined) open.push(entry);
        else {
          this.ledger.set(keyOf(container, entry.item), { version: entry.item.version, dest: copy });
          ended.push({ key: entry.item.key, outcome: 'copied', dest: copy, bytes: 0 });
        }
      }
    }
    return ended;
  }
}

const keyOf = (container: Container, item: SourceItem): string => `${container.key}\n${item.key}`;

export function markOf(container: Container, item: SourceItem): string {
  return Buffer.from(keyOf(container, item)).toString('hex').slice(-32);
}

function batches(items: readonly TransferItem[]): TransferItem[][] {
  const cut: TransferItem[][] = [];
  for (const entry of items) {
    const last = cut.at(-1);
    const bytes = last?.reduce((sum, { item }) => sum + item.sizeBytes, 0) ?? 0;
    if (last === undefined || last.length >= 20 || bytes + entry.item.sizeBytes > 2 * 1024 * 1024) cut.push([entry]);
    else last.push(entry);
  }
  return cut;
}
