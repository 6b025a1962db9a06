import { createLogger } from '@migrator/service-kit/logger';
import { inTransaction, openDatabase, type Database } from '@migrator/service-kit/database';
import { countingIds } from '@migrator/testing/clock';
import { eventually } from '@migrator/testing/eventually';
import { freshDatabase, freshNamespace, testNatsUrl, type TestDatabase } from '@migrator/testing/servers';
import { consumeFact, type Fact } from './facts.js';
import { connectNats, type Nats } from './nats.js';
import { createOutbox, outboxTableSql, startOutboxRelay } from './outbox.js';

const logger = createLogger('test', 'silent');
const at = '2026-01-01T00:00:00.000Z';
const fact = (n: number) => ({ orgId: 'org_01ARZ3NDEKTSV4RRFFQ69G5FAV', jobId: `job_${String(n).padStart(26, '0')}`, at }) as const;
let database: TestDatabase;
let db: Database;
let nats: Nats;

beforeAll(async () => {
  database = await freshDatabase();
  db = openDatabase(database.url, { applicationName: 'test' });
  await db.sql.unsafe(`create schema jobs; ${outboxTableSql('jobs')}`);
  nats = await connectNats({ url: testNatsUrl(), namespace: freshNamespace(), name: 'test', logger });
});
afterAll(async () => {
  await nats.close();
  await db.close();
  await database.drop();
});

test('an event of a rolled back transaction is never published, a committed one is, in order, and a handler that fails gets it again', async () => {
  const outbox = createOutbox('jobs', countingIds());
  const seen: Fact<'job.created'>[] = [];
  let failures = 2;
  const consumer = await consumeFact(
    nats,
    'test',
    'job.created',
    (each) => {
      if (failures > 0) {
        failures -= 1;
        return Promise.reject(new Error('not yet'));
      }
      seen.push(each);
      return Promise.resolve();
    },
    logger,
  );
  const relay = await startOutboxRelay(db.sql, 'jobs', nats, logger);
  await expect(
    inTransaction(db.sql, async (tx) => {
      await outbox.add(tx, 'job.created', fact(99));
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  await inTransaction(db.sql, async (tx) => {
    for (const n of [1, 2, 3]) await outbox.add(tx, 'job.created', fact(n));
  });
  await eventually('three facts arrive', () => new Set(seen.map((each) => each.id)).size === 3);
  expect(new Set(seen.map((each) => each.payload.jobId))).toEqual(new Set([1, 2, 3].map((n) => fact(n).jobId)));
  await eventually('the outbox is empty', async () => (await db.sql`select 1 from jobs.outbox`).length === 0);
  await relay.stop();
  await consumer.stop();
});
