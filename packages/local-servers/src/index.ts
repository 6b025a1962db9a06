export { freePort, portIsFree } from './ports.js';
export { PortTakenError, ServerStartError, spawnServer, type ServerProcess, type SpawnServer } from './child.js';
export { distributionFolder } from './distribution-packages.js';
export { isAlive, startTimeOf, type KnownProcess } from './process-identity.js';
export type { LocalServer } from './local-server.js';
export { withLock } from './lock.js';
export { startNats, type NatsOptions } from './nats.js';
export { startPostgres, type PostgresOptions } from './postgres.js';
export { startRedis, type RedisOptions } from './redis.js';
