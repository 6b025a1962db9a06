/** When keys were last used, to the minute: noted in memory, stored in bulk. */
import type { Id } from '@migrator/contracts/ids';
import type { Clock } from '@migrator/service-kit/clock';
import type { Sql } from '@migrator/service-kit/database';
import type { Logger } from '@migrator/service-kit/logger';

export interface KeyUse {
  note(keyId: Id<'key'>): void;
  /** Stores what is left and ends. */
  stop(): Promise<void>;
}

const flushMs = 2_000;

export function startKeyUse({ sql, clock, logger }: { sql: Sql; clock: Clock; logger: Logger }): KeyUse {
  let used = new Map<string, Date>();
  const storedAt = new Map<string, number>();
  const flush = async (): Promise<void> => {
    if (used.size === 0) return;
    const batch = used;
    used = new Map();
    try {
      await sql`update gateway.api_keys k set last_used_at = u.at::timestamptz from unnest(${[...batch.keys()]}::text[], ${[...batch.values()].map((at) => at.toISOString())}::text[]) as u (id, at)
        where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at::timestamptz)`;
    } catch (error) {
      for (const [id, at] of batch) if (!used.has(id)) used.set(id, at);
      logger.warn({ err: error }, 'the last use of keys could not be noted; tried again');
    }
  };
  const timer = setInterval(() => void flush(), flushMs);
  return {
    note: (keyId) => {
      const now = clock.now();
      if (now.getTime() - (storedAt.get(keyId) ?? 0) < 60_000) return;
      if (storedAt.size > 100_000) storedAt.clear();
      storedAt.set(keyId, now.getTime());
      used.set(keyId, now);
    },
    stop: async () => {
      clearInterval(timer);
      await flush();
    },
  };
}
