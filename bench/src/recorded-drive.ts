/** A large drive that an earlier job has copied, as `already-copied.ts` has mailboxes: both sides are generated alike, and the outcomes go into the ledger through the worker's own code. */
import { copyVersion, countedAs, doneCodes, hash64, itemMark, itemStates, ledgerSeals, LedgerWriter, openLedger, parseDriveItem, sourceItem, sourceSelect, type RecordedOutcome, type Route } from '@migrator/migration-worker/measuring';
import { openDatabase } from '@migrator/service-kit/database';
import { BareGraph, type Token } from './bare-graph.js';
import type { BenchStack } from './bench-stack.js';
import type { TenantMade } from './tenants.js';

type Raw = Record<string, unknown>;

/** Records that everything in one user's drive was copied to what lies in the same place of the other one's. Returns how many things. */
export async function recordDriveCopied({ stack }: BenchStack, source: TenantMade, destination: TenantMade, alias: string, progress: (line: string) => void): Promise<number> {
  const graph = new BareGraph({ lastHop: stack.simulatorUrl, ...stack.simulatorApp });
  const database = openDatabase(stack.databaseUrl, { max: 2, applicationName: 'bench' });
  try {
    const [from, to] = await Promise.all([graph.signIn(source.microsoftId), graph.signIn(destination.microsoftId)]);
    const [fromDrive, toDrive] = await Promise.all([graph.driveOf(source.userIds[alias] ?? '', from), graph.driveOf(destination.userIds[alias] ?? '', to)]);
    const route: Route = { orgId: stack.orgId, workload: 'ONEDRIVE', sourceTenant: source.microsoftId, sourceOwner: source.userIds[alias] ?? '', destTenant: destination.microsoftId, destOwner: destination.userIds[alias] ?? '' };
    const opened = await openLedger(database.sql, { route, jobId: 'job_before', unitId: 'unt_before', claim: 1, leaseSeconds: 3_600, seals: ledgerSeals });
    if (opened.state !== 'held') throw new Error(`The destination is ${opened.state}.`);
    const { ledger } = opened;
    const writer = new LedgerWriter(ledger, () => undefined);
    const [entry] = await ledger.register('pas_before', [{ key: fromDrive.rootId, path: '/', kind: 'drive', parentKey: null, itemCount: null, ref: null }]);
    if (entry === undefined) throw new Error('the ledger gave no entry for a container');
    let items = 0;
    const copies = listed(graph, toDrive.drive, to);
    for await (const page of listed(graph, fromDrive.drive, from)) {
      const { value } = await copies.next();
      if (value?.length !== page.length) throw new Error('The generated drives are listed in different pages.');
      const outcomes = page.flatMap((raw, index): RecordedOutcome[] => {
        if (raw['root'] !== undefined) return [];
        const item = parseDriveItem(raw);
        const copy = parseDriveItem(value[index] ?? {});
        if (copy.name !== item.name || copy.size !== item.size) throw new Error('The generated drives differ.');
        const { key, version, matchKey } = sourceItem(fromDrive, item, '/');
        const mark = itemMark(entry.key, key);
        return [{ containerNo: entry.containerNo, mark, matchHash: hash64(matchKey ?? mark), versionHash: hash64(version), state: itemStates.done, code: doneCodes.copied, dest: { id: copy.id, version: copyVersion(copy) }, bytes: item.size, counted: countedAs.done, own: true }];
      });
      await writer.write({ outcomes, tallies: [{ containerNo: entry.containerNo, done: outcomes.length, error: 0, skipped: 0, bytes: 0, removed: 0 }] });
      if (Math.floor((items + outcomes.length) / 250_000) > Math.floor(items / 250_000)) progress(`${items + outcomes.length} things recorded as copied`);
      items += outcomes.length;
    }
    await ledger.release();
    return items;
  } finally {
    await database.close();
    await graph.close();
  }
}

async function* listed(graph: BareGraph, drive: string, token: Token): AsyncGenerator<Raw[]> {
  for (let next: string | undefined = `${drive}/root/delta?$top=1000&$select=${sourceSelect}`; next !== undefined; ) {
    const page = (await graph.send('GET', next, token)) as { value: Raw[]; '@odata.nextLink'?: string };
    yield page.value;
    next = page['@odata.nextLink'];
  }
}
