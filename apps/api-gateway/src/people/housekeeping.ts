/** Removes what has run out: sessions, links, counts. Nothing depends on it being done; every reader looks at the time itself. */
import type { Clock } from '@migrator/service-kit/clock';
import type { Sql } from '@migrator/service-kit/database';
import type { Logger } from '@migrator/service-kit/logger';

const everyMs = 3_600_000;

export async function removeRunOut(sql: Sql, now: Date): Promise<void> {
  await sql`delete from gateway.sessions where expires_at <= ${now}`;
  await sql`delete from gateway.password_resets where expires_at <= ${now}`;
  await sql`delete from gateway.invitations where expires_at <= ${now}`;
  await sql`delete from gateway.attempts where until <= ${now}`;
}

/** Once an hour, on every instance; `stop` waits for the round that is underway. */
export function startHousekeeping({ sql, clock, logger }: { sql: Sql; clock: Clock; logger: Logger }): { stop(): Promise<void> } {
  let round = Promise.resolve();
  const timer = setInterval(() => {
    round = removeRunOut(sql, clock.now()).catch((error: unknown) => {
      logger.warn({ err: error }, 'what has run out could not be removed; tried again in an hour');
    });
  }, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await round;
    },
  };
}
