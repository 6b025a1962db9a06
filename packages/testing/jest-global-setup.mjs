// Real PostgreSQL, Redis and NATS for one run of Jest; each test file makes its own database, key prefix and streams in them.
import { mkdtempSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default async function setUp() {
  let servers;
  try {
    servers = await import('@migrator/local-servers');
  } catch (cause) {
    throw new Error('The packages are not built. Run: npm test (or npx turbo run build)', { cause });
  }
  const folder = mkdtempSync(join(tmpdir(), 'migrator-test-'));
  chmodSync(folder, 0o755);
  const own = (name, start) => (process.env[name] ? { url: process.env[name], stop: async () => undefined } : start());
  const [postgres, redis, nats] = await Promise.all([
    own('DATABASE_URL', () => servers.startPostgres({ dataDir: join(folder, 'postgres'), durable: false })),
    own('REDIS_URL', () => servers.startRedis({ dataDir: join(folder, 'redis') })),
    own('NATS_URL', () => servers.startNats({ dataDir: join(folder, 'nats') })),
  ]);
  Object.assign(process.env, { MIGRATOR_TEST_DATABASE_URL: postgres.url, MIGRATOR_TEST_REDIS_URL: redis.url, MIGRATOR_TEST_NATS_URL: nats.url });
  globalThis.migratorTestServers = { folder, stop: () => Promise.all([postgres.stop(), redis.stop(), nats.stop()]) };
}
