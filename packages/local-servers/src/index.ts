export { cacheFolder, withLock } from './cache.js';
export { freePort, spawnServer, type ServerProcess, type SpawnServer } from './child.js';
export { findOnPath, findServerBinary, type ServerBinary } from './distribution-packages.js';
export { startPostgres, type LocalServer, type PostgresOptions } from './postgres.js';
export { startRedis, type RedisOptions } from './redis.js';
export { startNats, type NatsOptions } from './nats.js';
