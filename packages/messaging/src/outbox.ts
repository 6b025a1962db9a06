/**
 * The transactional outbox: a service changes its rows and adds the event in one transaction; a relay publishes it with the event
 * id as message id. Delivered at least once, in the order of the commits' ids.
 */
import { facts, subjects, type FactPayload, type FactType } from '@migrator/contracts/events';
import type { Sql, TransactionSql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { Logger } from '@migrator/service-kit/logger';
import type { Nats } from './nats.js';

/** The table every owning schema has; put this text into its first migration. */
export const outboxTableSql = (schema: string): string => `create table ${schema}.outbox (
  position bigint generated always as identity primary key,
  event_id text not null unique,
  type text not null,
  payload jsonb not null,
  created_at timestamptz not null default now()
);`;

export interface Outbox {
  /** Adds an event to the transaction that changes the rows. */
  add<T extends FactType>(tx: TransactionSql, type: T, payload: FactPayload<T>): Promise<void>;
}

export function createOutbox(schema: string, ids: Ids): Outbox {
  return {
    async add(tx, type, payload) {
      const checked = facts[type].parse(payload);
      await tx`insert into ${tx(schema)}.outbox (event_id, type, payload) values (${ids.next('evt')}, ${type}, ${JSON.stringify(checked)}::jsonb)`;
      await tx`select pg_notify(${`outbox_${schema}`}, '')`;
    },
  };
}

export interface OutboxRelay {
  stop(): Promise<void>;
}

/** Publishes what is in the outbox, woken by the database and at least once a second. One instance at a time does it (row locks); a failure is tried again. */
export async function startOutboxRelay(sql: Sql, schema: string, nats: Nats, logger: Logger): Promise<OutboxRelay> {
  let stopped = false;
  let wake: () => void = () => undefined;
  const listening = await sql.listen(`outbox_${schema}`, () => {
    wake();
  });
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, 1_000);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const loop = (async () => {
    while (!stopped) {
      // Armed before the look, so that an event added meanwhile is not slept over.
      const signal = pause();
      try {
        if ((await relayOnce(sql, schema, nats)) > 0) {
          wake();
          continue;
        }
      } catch (error) {
        logger.warn({ err: error }, 'the outbox could not be published and is tried again');
      }
      await signal;
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      wake();
      await loop;
      await listening.unlisten();
    },
  };
}

interface OutboxRow {
  position: number;
  event_id: string;
  type: FactType;
  payload: unknown;
}

async function relayOnce(sql: Sql, schema: string, nats: Nats): Promise<number> {
  return sql.begin(async (tx) => {
    const [lock] = await tx<{ locked: boolean }[]>`select pg_try_advisory_xact_lock(hashtextextended(${`outbox:${schema}`}, 0)) as locked`;
    if (lock?.locked !== true) return 0;
    const rows = await tx<OutboxRow[]>`select position, event_id, type, payload from ${tx(schema)}.outbox order by position limit 200`;
    for (const row of rows) await nats.js.publish(nats.subject(subjects.fact(row.type)), JSON.stringify(row.payload), { msgID: row.event_id, timeout: 5_000 });
    if (rows.length > 0) await tx`delete from ${tx(schema)}.outbox where position = any(${rows.map((row) => row.position)}::bigint[])`;
    return rows.length;
  });
}
