/**
 * One instance at a time does something: whoever holds an advisory lock of the database. A process that dies drops its connection
 * and with it the lock; another instance takes over within a second.
 */
import type { Logger } from '@migrator/service-kit/logger';
import postgres from 'postgres';

export interface Leadership {
  /** Ends the work and gives the lock back. */
  stop(): Promise<void>;
}

export interface LeadershipOptions {
  databaseUrl: string;
  /** Names the lock. */
  name: string;
  logger: Logger;
  /**
   * The work; begins when this instance becomes the leader and must end soon after the signal. When it ends or throws by itself, it
   * is begun again after a pause. May overlap for a moment with another leader's (a connection can die unnoticed): it has to be safe then.
   */
  lead(signal: AbortSignal): Promise<void>;
}

const lookEveryMs = 1_000;

export function startLeadership({ databaseUrl, name, logger, lead }: LeadershipOptions): Leadership {
  // A connection of its own: the lock lives and dies with it.
  const sql = postgres(databaseUrl, { max: 1, idle_timeout: 0, max_lifetime: null, onnotice: () => undefined, connect_timeout: 5, backoff: () => 0.5, connection: { application_name: `job-service ${name}` } });
  const stopping = new AbortController();
  const stopped = (): boolean => stopping.signal.aborted;

  const hold = async (pid: number): Promise<void> => {
    const term = new AbortController();
    let working = true;
    const work = lead(term.signal)
      .catch((error: unknown) => {
        logger.warn({ role: name, err: error }, 'the leader’s work failed and begins again');
      })
      .finally(() => {
        working = false;
      });
    try {
      while (!stopped() && working) {
        await Promise.race([pause(lookEveryMs, stopping.signal), work]);
        const [now] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
        // Reconnected meanwhile: the lock went with the old connection.
        if (now?.pid !== pid) break;
      }
    } finally {
      term.abort();
      await work;
    }
  };

  const loop = (async () => {
    while (!stopped()) {
      try {
        const [lock] = await sql<{ locked: boolean; pid: number }[]>`select pg_try_advisory_lock(hashtextextended(${`job-service:${name}`}, 0)) as locked, pg_backend_pid() as pid`;
        if (lock?.locked === true) {
          logger.info({ role: name }, 'leading');
          await hold(lock.pid);
          await sql`select pg_advisory_unlock_all()`;
        }
      } catch (error) {
        if (!stopped()) logger.warn({ role: name, err: error }, 'the leader’s connection failed');
      }
      await pause(lookEveryMs, stopping.signal);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await loop;
      await sql.end({ timeout: 2 });
    },
  };
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
