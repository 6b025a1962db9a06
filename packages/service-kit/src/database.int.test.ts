import { randomUUID } from 'node:crypto';
import { openDatabase } from './database.js';

const url = process.env['MIGRATOR_TEST_DATABASE_URL'] ?? '';

test('while the server drops its connections again and again every statement ends soon, and a transaction is whole or not there', async () => {
  const applicationName = `dropped ${randomUUID()}`;
  const table = `pairs_${randomUUID().replaceAll('-', '')}`;
  const db = openDatabase(url, { max: 6, applicationName });
  const operator = openDatabase(url, { max: 1, applicationName: 'operator' });
  await operator.sql`create table ${operator.sql(table)} (pair text not null)`;
  let over = false;
  let slowestMs = 0;
  let refused = 0;
  const timed = async (work: () => Promise<unknown>): Promise<void> => {
    const from = performance.now();
    await work().catch(() => {
      refused += 1;
    });
    slowestMs = Math.max(slowestMs, performance.now() - from);
  };
  const busy = async (): Promise<void> => {
    while (!over) {
      await timed(() => db.sql`select 1`);
      await timed(() =>
        db.sql.begin(async (tx) => {
          const pair = randomUUID();
          await tx`insert into ${tx(table)} values (${pair})`;
          await tx`select pg_sleep(0.002)`;
          // A statement of a lost transaction must not find its way to the connection's successor.
          await Promise.resolve();
          await tx`insert into ${tx(table)} values (${pair})`;
        }),
      );
    }
  };
  const work = Array.from({ length: 12 }, busy);
  for (let round = 0; round < 60; round += 1) await operator.sql`select pg_terminate_backend(pid), pg_sleep(0.01) from pg_stat_activity where application_name = ${applicationName}`;
  over = true;
  await Promise.all(work);
  expect(refused).toBeGreaterThan(0);
  // The driver gives up a connection that does not come about after 10 s: nothing may have waited for that.
  expect(slowestMs).toBeLessThan(8_000);
  expect(await operator.sql`select pair from ${operator.sql(table)} group by pair having count(*) <> 2`).toEqual([]);
  await operator.sql`drop table ${operator.sql(table)}`;
  await Promise.all([db.close(), operator.close()]);
});
