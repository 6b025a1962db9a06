/** How often something may be tried, counted in PostgreSQL for all instances together: few enough calls, and a lost count would let guessing go on. */
import { createHmac } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { AppError } from '@migrator/contracts/errors';
import type { Clock } from '@migrator/service-kit/clock';
import type { Secret } from '@migrator/service-kit/config';
import type { Queryable, Sql } from '@migrator/service-kit/database';

export interface AttemptRule {
  name: string;
  /** Tries in the window. */
  max: number;
  windowMs: number;
}

export interface Attempts {
  /** Counts one try; RATE_LIMITED when there were `max` in the window already. */
  take(rule: AttemptRule, subject: string): Promise<void>;
  /** The last try was rightful and does not count. */
  giveBack(rule: AttemptRule, subject: string): Promise<void>;
  /** All tries are forgotten. */
  forgive(rule: AttemptRule, subject: string, sql?: Queryable): Promise<void>;
}

/** `key` keeps what is counted, such as an address, from being read out of the table. */
export function createAttempts({ sql, clock, key }: { sql: Sql; clock: Clock; key: Secret }): Attempts {
  const signingKey = createHmac('sha256', Buffer.from(key.reveal(), 'base64')).update('attempts').digest();
  const hash = ({ name }: AttemptRule, subject: string): Buffer => createHmac('sha256', signingKey).update(`${name}\n${subject}`).digest();
  return {
    take: async (rule, subject) => {
      const now = clock.now();
      const [row] = await sql<{ taken: number; until: Date }[]>`insert into gateway.attempts as a (key_hash, taken, until) values (${hash(rule, subject)}, 1, ${new Date(now.getTime() + rule.windowMs)})
        on conflict (key_hash) do update set taken = case when a.until <= ${now} then 1 else a.taken + 1 end, until = case when a.until <= ${now} then excluded.until else a.until end
        returning taken, until`;
      if (row === undefined) throw new Error('the attempt was not counted');
      if (row.taken > rule.max) throw new AppError('RATE_LIMITED', { publicMessage: 'Too many attempts. Try again later.', retryAfterSeconds: Math.max(1, Math.ceil((row.until.getTime() - now.getTime()) / 1_000)) });
    },
    giveBack: async (rule, subject) => {
      await sql`update gateway.attempts set taken = greatest(taken - 1, 0) where key_hash = ${hash(rule, subject)}`;
    },
    forgive: async (rule, subject, queryable = sql) => {
      await queryable`delete from gateway.attempts where key_hash = ${hash(rule, subject)}`;
    },
  };
}

/** What counts as one place: an IPv4 address, or the /64 that an IPv6 subscriber has all of. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).map((part) => part.toLowerCase().replace(/^0+(?=.)/, '')).join(':');
}
