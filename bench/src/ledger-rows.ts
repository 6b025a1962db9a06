/**
 * A ledger that is full already. Everything but the items' rows is made by the program itself (`openLedger`, `register`); the rows
 * are inserted in bulk, in the form they have after a copy: done, with ids as long as Exchange's, packed as completed pages are.
 */
import { createHash, hash } from 'node:crypto';
import { ledgerSeals, openLedger, type ContainerEntry, type Route } from '@migrator/migration-worker/measuring';
import type { Sql } from '@migrator/service-kit/database';

/** Where a filled mailbox's items are. */
export interface FilledMailbox {
  route: Route;
  unitId: string;
  containers: { key: string; items: number }[];
}

/** Items in folders, at most; small ledgers have smaller folders. */
const ordinary = 2_000;
const large = 1_000_000;
/** The share of the rows that lie in containers of a million. */
const inLarge = 0.1;
const containersPerMailbox = 25;
/** Enough for every unit of a round to have one of its own. */
const mailboxesMin = 8;
const partitions = 32;
/** Pages of completed rows are this full; the rest was the claims' (measured, see `ledger.heap-a-row` and its baseline). */
const filledTo = 66;

const unitFields = { jobId: 'job_bench', leaseSeconds: 600 };

export const routeOf = (mailbox: string): Route => ({ orgId: 'org_bench', workload: 'EMAIL', sourceTenant: 'source', destTenant: 'dest', sourceOwner: mailbox, destOwner: mailbox });
/** What a completed row names, as long as Exchange writes them: 152 characters of id, 40 of change key. */
export const destOf = (seed: string): { id: string; version: string } => {
  const digest = createHash('sha512').update(seed).digest();
  return { id: `${Buffer.concat([digest, digest.subarray(0, 49)]).toString('base64url')}=`, version: digest.subarray(0, 29).toString('base64') };
};
/** The key of filled item number `n` of a container. */
export const filledMark = (containerNo: number, n: number): string => hash('md5', `${containerNo} ${n}`);

/** Mailboxes for that many rows: folders of 2,000 items, and one in ten rows in a folder of up to a million. */
export function planMailboxes(rows: number): FilledMailbox[] {
  const sizes: number[] = [];
  for (let left = Math.floor(rows * inLarge); left > 0; left -= large) sizes.push(Math.min(large, left));
  const usual = Math.min(ordinary, Math.ceil(rows / (2 * mailboxesMin)));
  for (let left = rows - Math.floor(rows * inLarge); left > 0; left -= usual) sizes.push(Math.min(usual, left));
  const mailboxes: FilledMailbox[] = [];
  const perMailbox = Math.max(1, Math.min(containersPerMailbox, Math.floor(sizes.length / mailboxesMin)));
  for (let from = 0; from < sizes.length; from += perMailbox) {
    const name = `mailbox ${mailboxes.length}`;
    mailboxes.push({ route: routeOf(name), unitId: `unit of ${name}`, containers: sizes.slice(from, from + perMailbox).map((items, index) => ({ key: `folder ${index}`, items })) });
  }
  return mailboxes;
}

const containerOf = (key: string): { key: string; path: string; kind: string; parentKey: null; itemCount: null; ref: null } => ({ key, path: key, kind: 'IPF.Note', parentKey: null, itemCount: null, ref: null });

/** Takes hold of a mailbox as a unit does, and registers containers of it. */
export async function openMailbox(sql: Sql, { route, unitId }: Pick<FilledMailbox, 'route' | 'unitId'>, claim: number, keys: readonly string[]) {
  const opened = await openLedger(sql, { route, unitId, claim, seals: ledgerSeals, ...unitFields });
  if (opened.state !== 'held') throw new Error(`the destination is ${opened.state}`);
  const entries: ContainerEntry[] = await opened.ledger.register(`pass ${claim}`, keys.map(containerOf));
  return { ledger: opened.ledger, entries };
}

/** Registers the mailboxes, then fills partition by partition over the pool's connections: rows first, indexes after. */
export async function fillLedger(sql: Sql, mailboxes: readonly FilledMailbox[], connections: number, progress: (line: string) => void): Promise<void> {
  await sql`create unlogged table worker.bench_containers (container_no bigint not null, unit_no integer not null, items integer not null)`;
  const todo = mailboxes.values();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (const mailbox of todo) {
        const { ledger, entries } = await openMailbox(sql, mailbox, 1, mailbox.containers.map(({ key }) => key));
        await sql`insert into worker.bench_containers select c.no, u.unit_no, c.items from unnest(${entries.map(({ containerNo }) => containerNo)}::bigint[], ${mailbox.containers.map(({ items }) => items)}::integer[]) as c (no, items), worker.units u where u.unit_id = ${mailbox.unitId}`;
        await ledger.release();
      }
    }),
  );
  const indexes = await sql<{ name: string; definition: string; constraint: string | null }[]>`
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition, c.conname as constraint
    from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.contype = 'p' where i.indrelid = 'worker.ledger'::regclass`;
  const key = indexes.find(({ constraint }) => constraint !== null);
  if (key?.constraint == null) throw new Error('the ledger has no primary key');
  const columns = /\(([^)]*)\)/.exec(key.definition)?.[1] ?? '';
  await sql.unsafe(`alter table worker.ledger drop constraint ${key.constraint}`);
  const others = indexes.filter((index) => index !== key);
  for (const { name } of others) await sql.unsafe(`drop index ${name}`);
  const numbers = Array.from({ length: partitions }, (_each, index) => index).values();
  let filled = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (const number of numbers) {
        const table = `worker.ledger_${String(number).padStart(2, '0')}`;
        const [{ options = [] } = {}] = await sql<{ options: string[] }[]>`select reloptions as options from pg_class where oid = ${table}::regclass`;
        await sql.unsafe(`alter table ${table} set (fillfactor = ${filledTo})`);
        await sql.unsafe(insertRows(table, number));
        await sql.unsafe(`alter table ${table} set (${options.join(', ')})`);
        await sql.unsafe(`alter table ${table} add constraint ledger_${number}_pkey primary key (${columns})`);
        for (const [index, { definition }] of others.entries()) await sql.unsafe(definition.replace(/^CREATE INDEX \S+ ON (ONLY )?worker\.ledger/, `CREATE INDEX ledger_${number}_index_${index} ON ${table}`));
        await sql.unsafe(`vacuum analyze ${table}`);
        if ((filled += 1) % 8 === 0) progress(`filled ${filled} of ${partitions} partitions`);
      }
    }),
  );
  // The parent takes over what its partitions have.
  await sql.unsafe(`alter table worker.ledger add constraint ${key.constraint} primary key (${columns})`);
  for (const { definition } of others) await sql.unsafe(definition.replace(/ ON ONLY /, ' ON '));
  await sql`vacuum analyze worker.containers, worker.unit_containers, worker.units, worker.destinations, worker.mappings`;
  await sql`drop table worker.bench_containers`;
}

/** Item number n of a container: its key as `filledMark` says, everything else of the width it has in a real row. */
const insertRows = (table: string, remainder: number): string => `
  insert into ${table} (container_no, item_key, match_hash, version_hash, bytes, met_at, unit_no, state, code, counted, dest_id, dest_version)
  select c.container_no, md5(c.container_no || ' ' || n)::uuid, worker.match_key(m.destination_no, hashint8extended(n, c.container_no)), hashint8extended(n, c.container_no + 1), 20000, now(), c.unit_no, 2, 1, 1,
    '\\x02'::bytea || d || substr(d, 1, 49), '\\x05'::bytea || substr(d, 1, 29)
  from worker.bench_containers c join worker.containers k on k.container_no = c.container_no join worker.mappings m on m.mapping_no = k.mapping_no
    cross join lateral generate_series(1, c.items) n cross join lateral (select sha512(int8send(c.container_no) || int8send(n)) as d) as digest
  where satisfies_hash_partition('worker.ledger'::regclass, ${partitions}, ${remainder}, c.container_no)`;
