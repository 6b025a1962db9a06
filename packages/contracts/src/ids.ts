/** Ids are `<prefix>_<ULID>` and opaque to clients; the prefix makes a mixed-up id visible in a log line. */
import { z } from 'zod';

export const idPrefixes = ['org', 'ten', 'dis', 'dbu', 'dbs', 'dbt', 'dbg', 'job', 'log', 'mbp', 'unt', 'pas', 'dev', 'cmd', 'key', 'usr', 'whk', 'evt', 'bat', 'itm', 'inv', 'aud'] as const;
export type IdPrefix = (typeof idPrefixes)[number];
export type Id<P extends IdPrefix = IdPrefix> = `${P}_${string}`;

const ulidPattern = '[0-9A-HJKMNP-TV-Z]{26}';

/** Schema of one kind of id. */
export const idSchema = <P extends IdPrefix>(prefix: P): z.ZodType<Id<P>, Id<P>> =>
  z.string().regex(new RegExp(`^${prefix}_${ulidPattern}$`), `must be an id of the form ${prefix}_<ULID>`) as unknown as z.ZodType<Id<P>, Id<P>>;

/** True when `value` is a well-formed id with this prefix. Says nothing about whether it exists. */
export function isId<P extends IdPrefix>(prefix: P, value: unknown): value is Id<P> {
  return typeof value === 'string' && value.startsWith(`${prefix}_`) && new RegExp(`^${ulidPattern}$`).test(value.slice(prefix.length + 1));
}
