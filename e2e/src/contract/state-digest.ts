/** Whether a request left a trace: one digest over every row of every service's tables. */
import type postgres from 'postgres';

/** Columns that a request may move though it was refused, and why. */
const moving: Record<string, string[]> = {
  // When somebody was last here, and the end of a session that moves on with each use.
  'gateway.api_keys': ['last_used_at'],
  'gateway.members': ['last_seen_at'],
  'gateway.sessions': ['expires_at', 'updated_at'],
  // A device's own limit counts its calls; one that calls too often is refused, but it was seen.
  'devices.devices': ['minute_began_at', 'minute_calls', 'last_seen_at'],
};
/** Tables that a refused request writes to on purpose: counting wrong passwords. */
const counting = ['gateway.attempts'];

export async function stateDigest(sql: postgres.Sql): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }[]>`select table_schema || '.' || table_name as name from information_schema.tables where table_schema in ('gateway', 'tenants', 'jobs', 'devices') and table_type = 'BASE TABLE' order by 1`;
  const parts = tables.map(({ name }) => name).filter((name) => !counting.includes(name)).map((name) => {
    const row = (moving[name] ?? []).reduce((text, column) => `${text} - '${column}'`, 'to_jsonb(t)');
    return `select '${name}' as name, count(*) || ' ' || coalesce(md5(string_agg(md5((${row})::text), '' order by md5((${row})::text))), '') as digest from ${name} t`;
  });
  const rows = await sql.unsafe<{ name: string; digest: string }[]>(parts.join(' union all '));
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]));
}

export const differences = (before: Record<string, string>, after: Record<string, string>): string[] => Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name]).map((name) => `${name}: ${before[name] ?? 'none'} → ${after[name] ?? 'none'}`);
