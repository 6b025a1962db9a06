/** The real servers of this test run, and a place of one's own in each. */
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';

function fromSetup(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run Jest with the repository's jest.config.mjs, whose global set-up starts the servers.`);
  return value;
}

export const testRedisUrl = (): string => fromSetup('MIGRATOR_TEST_REDIS_URL');
export const testNatsUrl = (): string => fromSetup('MIGRATOR_TEST_NATS_URL');

/** A namespace for queues, streams and subjects that nobody else uses. */
export const freshNamespace = (): string => `t${randomBytes(6).toString('hex')}`;

export interface TestDatabase {
  url: string;
  /** Drops it, connections and all. */
  drop(): Promise<void>;
}

/**
 * An empty database. With `migrate`, a template named after `template` is migrated once per run and cloned (50 ms instead of the
 * migrations' time).
 */
export async function freshDatabase(options?: { template: string; migrate: (url: string) => Promise<unknown> }): Promise<TestDatabase> {
  const server = fromSetup('MIGRATOR_TEST_DATABASE_URL');
  const admin = postgres(server, { max: 1, onnotice: () => undefined });
  const urlOf = (name: string): string => {
    const url = new URL(server);
    url.pathname = `/${name}`;
    return url.href;
  };
  try {
    const name = `t_${randomBytes(8).toString('hex')}`;
    if (options === undefined) await admin`create database ${admin(name)}`;
    else {
      const template = `template_${options.template.replaceAll(/\W/g, '_')}`;
      await admin`select pg_advisory_lock(hashtextextended(${template}, 0))`;
      const [made] = await admin`select 1 from pg_database where datname = ${template}`;
      if (made === undefined) {
        const building = `${template}_${randomBytes(4).toString('hex')}`;
        await admin`create database ${admin(building)}`;
        await options.migrate(urlOf(building));
        await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${building}`;
        await admin.unsafe(`alter database "${building}" rename to "${template}"`);
      }
      await admin.unsafe(`create database "${name}" template "${template}" strategy file_copy`);
      await admin`select pg_advisory_unlock(hashtextextended(${template}, 0))`;
    }
    return {
      url: urlOf(name),
      drop: async () => {
        const again = postgres(server, { max: 1, onnotice: () => undefined });
        await again.unsafe(`drop database if exists "${name}" with (force)`);
        await again.end();
      },
    };
  } finally {
    await admin.end();
  }
}
