/** PostgreSQL: one connection pool per service, used by drizzle for queries and by postgres.js for bulk statements. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';

export type Sql = postgres.Sql<{ bigint: number }>;
export type TransactionSql = postgres.TransactionSql<{ bigint: number }>;
/** Either the pool or a transaction: what repositories take. */
export type Queryable = Sql | TransactionSql;

export interface Database {
  sql: Sql;
  drizzle: PostgresJsDatabase;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections at most; default 10. */
  max?: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
}

const timeTypes = [1082, 1083, 1114, 1184, 1182, 1185, 1115, 1231] as const;

/**
 * Opens the pool (connections are made on first use). `int8` arrives as a JavaScript number, timestamps as `Date`. JSON goes in as text:
 * `${JSON.stringify(value)}::jsonb` (drizzle takes postgres.js's own JSON conversion away).
 */
export function openDatabase(url: string, { max = 10, applicationName }: DatabaseOptions): Database {
  const sql: Sql = postgres(url, {
    max,
    onnotice: () => undefined,
    connection: { application_name: applicationName },
    connect_timeout: 10,
    // Seconds. The library's own back-off is shared by the whole pool and grows to 20 s: a server that restarted would stay unused that long.
    backoff: (attempts: number) => Math.min(1, 0.05 * 2 ** attempts),
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
  });
  // drizzle turns postgres.js's own date conversion off for the whole client; raw statements need it, and drizzle copes with both.
  const parsers = { ...sql.options.parsers };
  const serializers = { ...sql.options.serializers };
  const db = drizzle(sql as unknown as postgres.Sql);
  for (const type of timeTypes) {
    const parse = parsers[type];
    if (parse !== undefined) sql.options.parsers[type] = parse;
    const serialize = serializers[type];
    if (serialize !== undefined) sql.options.serializers[type] = serialize;
  }
  return { sql, drizzle: db, close: () => sql.end({ timeout: 5 }) };
}

/**
 * Runs the SQL files of `folder` in the order of their names, each once and in a transaction of its own, recorded in
 * `<schema>.migrations` with a hash. Several instances may start at once: an advisory lock lets one go first. A file that was
 * changed after it ran is refused.
 *
 * Plain files and not drizzle-kit's journal: partitions, triggers and functions are written by hand here.
 */
export async function migrateDatabase({ url, schema, folder }: { url: string; schema: string; folder: string }): Promise<string[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined, connection: { application_name: `migrate ${schema}` } });
  try {
    const ran: string[] = [];
    await sql`select pg_advisory_lock(hashtextextended(${`migrate:${schema}`}, 0))`;
    await sql`create schema if not exists ${sql(schema)}`;
    await sql`create table if not exists ${sql(schema)}.migrations (name text primary key, sha256 text not null, ran_at timestamptz not null default now())`;
    const done = new Map((await sql<{ name: string; sha256: string }[]>`select name, sha256 from ${sql(schema)}.migrations`).map((row) => [row.name, row.sha256]));
    const files = readdirSync(folder)
      .filter((name) => name.endsWith('.sql'))
      .sort();
    for (const name of files) {
      const text = readFileSync(join(folder, name), 'utf8');
      const sha256 = createHash('sha256').update(text).digest('hex');
      const before = done.get(name);
      if (before === sha256) continue;
      if (before !== undefined) throw new Error(`The migration ${name} of schema ${schema} was changed after it had run; add a new file instead.`);
      await sql.begin(async (tx) => {
        await tx.unsafe(text).simple();
        await tx`insert into ${tx(schema)}.migrations (name, sha256) values (${name}, ${sha256})`;
      });
      ran.push(name);
    }
    return ran;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Runs `work` in one transaction. */
export async function inTransaction<T>(sql: Sql, work: (tx: TransactionSql) => Promise<T>): Promise<T> {
  return (await sql.begin(work)) as T;
}
