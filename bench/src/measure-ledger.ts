/** The ledger with 50 million rows against the ledger with one million, both in one server and measured in turns. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, type LocalServer } from '@migrator/local-servers';
import { migrations } from '@migrator/migration-worker/measuring';
import { migrateDatabase, openDatabase, type Database, type Sql } from '@migrator/service-kit/database';
import { figure, median } from './figure.js';
import { fillLedger, planMailboxes, type FilledMailbox } from './ledger-rows.js';
import { copy, lookUp, plain, type Work } from './ledger-work.js';
import type { Measure } from './measure.js';

const wanted = 25_000;
/** A third slower is this share of the speed. */
const slowest = 0.75;

interface Filled {
  database: Database;
  mailboxes: FilledMailbox[];
}

export const measureLedger: Measure = async ({ short, rows, progress }) => {
  const many = rows ?? (short ? 20_000 : 50_000_000);
  const few = Math.min(many, short ? 5_000 : 1_000_000);
  const units = 4;
  const perUnit = short ? 2_000 : 20_000;
  const rounds = short ? 1 : 5;
  const dataDir = mkdtempSync(join(tmpdir(), 'migrator-bench-'));
  // Filling needs no safety; what is measured is measured as a platform is run, with every commit safe on the disk.
  let server: LocalServer = await startPostgres({ dataDir, durable: false });
  const open: Database[] = [];
  try {
    await tune(server.url);
    const fill = async (name: string, count: number): Promise<FilledMailbox[]> => {
      const mailboxes = planMailboxes(count);
      const url = await createLedger(server.url, name);
      const database = openDatabase(url, { max: 2, applicationName: 'bench' });
      try {
        const began = performance.now();
        await fillLedger(database.sql, mailboxes, 2, (line) => { progress(`${name}: ${line}`); });
        progress(`${name}: ${count} rows in ${Math.round((performance.now() - began) / 1_000)} s`);
      } finally {
        await database.close();
      }
      return mailboxes;
    };
    const fewMailboxes = await fill('few', few);
    const manyMailboxes = await fill('many', many);
    await server.stop();
    server = await startPostgres({ dataDir, durable: !short });
    const connect = (name: string, mailboxes: FilledMailbox[]): Filled => {
      const database = openDatabase(urlOf(server.url, name), { max: units, applicationName: 'bench' });
      open.push(database);
      return { database, mailboxes };
    };
    const [small, big] = [connect('few', fewMailboxes), connect('many', manyMailboxes)];
    const before = await sizes(big.database.sql);
    await small.database.sql`checkpoint`;
    progress('filled; measuring');

    const rates = { fewCopy: [] as number[], manyCopy: [] as number[], fewLookUp: [] as number[], manyLookUp: [] as number[], plain: [] as number[] };
    for (let round = 0; round <= rounds; round += 1) {
      const on = ({ database, mailboxes }: Filled, step: number): Work => ({ sql: database.sql, mailboxes, units, round: round * 2 + step });
      const measured = { fewCopy: await copy(on(small, 0), perUnit), manyCopy: await copy(on(big, 0), perUnit), plain: await plain(on(big, 0), perUnit), fewLookUp: await lookUp(on(small, 1), perUnit), manyLookUp: await lookUp(on(big, 1), perUnit) };
      // The first round warms both up; it is not counted.
      progress(`round ${round}: ${Object.entries(measured).map(([name, rate]) => `${name} ${Math.round(rate)}/s`).join(', ')}`);
      if (round > 0) for (const name of Object.keys(rates) as (keyof typeof rates)[]) rates[name].push(measured[name]);
    }
    const of = (name: keyof typeof rates): number => median(rates[name]);
    await big.database.sql`vacuum analyze worker.ledger`;
    const after = await sizes(big.database.sql);
    const label = (count: number): string => (count >= 1_000_000 ? `${Math.round(count / 1_000_000)}m` : String(count));
    const against = `${label(many)}-against-${label(few)}`;
    const third = { says: 'no slower by more than a third' };
    return [
      figure(`ledger.copy.${label(many)}`, of('manyCopy'), 'items/s', of('plain'), { says: `≥ ${wanted} items a second`, reached: of('manyCopy') >= wanted }),
      figure(`ledger.copy.${against}`, of('manyCopy'), 'items/s', of('fewCopy'), { ...third, reached: of('manyCopy') >= of('fewCopy') * slowest }),
      figure(`ledger.look-up.${against}`, of('manyLookUp'), 'items/s', of('fewLookUp'), { ...third, reached: of('manyLookUp') >= of('fewLookUp') * slowest }),
      figure('ledger.heap-a-row', after.heap / after.rows, 'bytes', before.heap / before.rows),
      figure('ledger.index-a-row', after.index / after.rows, 'bytes', before.index / before.rows),
      figure('ledger.heap-only-completions', after.heapOnly / after.updates, 'share', 1),
    ];
  } finally {
    for (const database of open) await database.close();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
};

/** A server for this much writing has room for its log; PostgreSQL's default of 1 GB is for small ones. */
async function tune(url: string): Promise<void> {
  const admin = openDatabase(url, { max: 1, applicationName: 'bench' });
  for (const setting of ["max_wal_size = '8GB'", "maintenance_work_mem = '512MB'", "checkpoint_timeout = '15min'"]) await admin.sql.unsafe(`alter system set ${setting}`);
  await admin.sql`select pg_reload_conf()`;
  await admin.close();
}

const urlOf = (server: string, name: string): string => {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
};

async function createLedger(server: string, name: string): Promise<string> {
  const admin = openDatabase(server, { max: 1, applicationName: 'bench' });
  await admin.sql.unsafe(`create database ${name}`);
  await admin.close();
  await migrateDatabase({ url: urlOf(server, name), schema: 'worker', folder: migrations });
  return urlOf(server, name);
}

interface Sizes {
  rows: number;
  heap: number;
  index: number;
  updates: number;
  heapOnly: number;
}

async function sizes(sql: Sql): Promise<Sizes> {
  // What the connections have done reaches the statistics when they say so.
  await sql`select pg_stat_force_next_flush()`;
  const [row] = await sql<Sizes[]>`
    select sum(c.reltuples)::bigint as rows, sum(pg_relation_size(c.oid))::bigint as heap, sum(pg_indexes_size(c.oid))::bigint as index, sum(s.n_tup_upd)::bigint as updates, sum(s.n_tup_hot_upd)::bigint as "heapOnly"
    from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_stat_all_tables s on s.relid = c.oid where i.inhparent = 'worker.ledger'::regclass`;
  if (row === undefined) throw new Error('the ledger has no partitions');
  return row;
}
