/**
 * A large mailbox that an earlier job has copied. A real copy of a million items takes seventeen hours at Microsoft's published limit
 * for a mailbox, which the product keeps; so both sides are generated alike (folder for folder, item for item), and the earlier job's
 * outcomes go into the ledger through the worker's own code, in bulk. What happens from there on is the product alone.
 */
import { countedAs, doneCodes, hash64, itemMark, itemStates, ledgerSeals, LedgerWriter, openLedger, type RecordedOutcome, type Route } from '@migrator/migration-worker/measuring';
import { openDatabase } from '@migrator/service-kit/database';
import { BareGraph, type BareFolder, type Token } from './bare-graph.js';
import type { BenchStack } from './bench-stack.js';
import type { TenantMade } from './tenants.js';

interface Listed {
  id: string;
  changeKey: string;
}

/** Records that every item of one user's mailbox was copied to the item in the same place of the other one's. Returns how many. */
export async function recordCopied({ stack }: BenchStack, source: TenantMade, destination: TenantMade, alias: string, progress: (line: string) => void): Promise<number> {
  const graph = new BareGraph({ lastHop: stack.simulatorUrl, ...stack.simulatorApp });
  const database = openDatabase(stack.databaseUrl, { max: 2, applicationName: 'bench' });
  try {
    const [from, to] = await Promise.all([sideOf(graph, source, alias), sideOf(graph, destination, alias)]);
    const route: Route = { orgId: stack.orgId, workload: 'EMAIL', sourceTenant: source.microsoftId, sourceOwner: source.userIds[alias] ?? '', destTenant: destination.microsoftId, destOwner: destination.userIds[alias] ?? '' };
    const opened = await openLedger(database.sql, { route, jobId: 'job_before', unitId: 'unt_before', claim: 1, leaseSeconds: 3_600, seals: ledgerSeals });
    if (opened.state !== 'held') throw new Error(`The destination is ${opened.state}.`);
    const { ledger } = opened;
    const writer = new LedgerWriter(ledger, () => undefined);
    let items = 0;
    for (const [path, folder] of from.folders) {
      const counterpart = to.folders.get(path);
      if (folder.totalItemCount === 0) continue;
      if (counterpart?.totalItemCount !== folder.totalItemCount) throw new Error(`The generated mailboxes differ in a folder of ${folder.totalItemCount} items.`);
      const [entry] = await ledger.register('pas_before', [{ key: folder.id, path, kind: folder.type ?? 'IPF.Note', parentKey: null, itemCount: null, ref: null }]);
      if (entry === undefined) throw new Error('the ledger gave no entry for a container');
      const copies = graph.itemsOf<Listed>(to.mailbox, to.token, counterpart.id, 'id,changeKey');
      for await (const page of graph.itemsOf<Listed>(from.mailbox, from.token, folder.id, 'id,changeKey')) {
        const { value } = await copies.next();
        if (value?.length !== page.length) throw new Error('The generated mailboxes are listed in different pages.');
        const outcomes = page.map((item, index): RecordedOutcome => {
          const copy = value[index];
          if (copy === undefined) throw new Error('The copy of an item is missing.');
          const mark = itemMark(entry.key, item.id);
          return { containerNo: entry.containerNo, mark, matchHash: hash64(mark), versionHash: hash64(item.changeKey), state: itemStates.done, code: doneCodes.copied, dest: { id: copy.id, version: copy.changeKey }, bytes: 0, counted: countedAs.done, own: true };
        });
        await writer.write({ outcomes, tallies: [{ containerNo: entry.containerNo, done: outcomes.length, error: 0, skipped: 0, bytes: 0, removed: 0 }] });
        if (Math.floor((items + page.length) / 250_000) > Math.floor(items / 250_000)) progress(`${items + page.length} items recorded as copied`);
        items += page.length;
      }
    }
    await ledger.release();
    return items;
  } finally {
    await database.close();
    await graph.close();
  }
}

interface Side {
  mailbox: string;
  token: Token;
  /** By the names from the top down, without case: one name can be there once among siblings. */
  folders: Map<string, BareFolder>;
}

async function sideOf(graph: BareGraph, tenant: TenantMade, alias: string): Promise<Side> {
  const token = await graph.signIn(tenant.microsoftId);
  const mailbox = await graph.mailboxOf(tenant.userIds[alias] ?? '', token);
  const folders = new Map<string, BareFolder>();
  const walk = async (path: string, level: readonly BareFolder[]): Promise<void> => {
    for (const folder of level) {
      const below = `${path}/${folder.displayName}`;
      folders.set(below, folder);
      await walk(below, await graph.foldersOf(mailbox, token, folder.id));
    }
  };
  await walk('', await graph.foldersOf(mailbox, token));
  return { mailbox, token, folders };
}
