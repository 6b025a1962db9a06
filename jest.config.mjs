// One Jest run for the whole tree. Unit tests need nothing; *.int.test.ts and e2e get real PostgreSQL, Redis and NATS
// from the global set-up (packages/testing), which starts them once for the run.
export default {
  rootDir: '.',
  roots: ['<rootDir>/apps', '<rootDir>/packages', '<rootDir>/infra', '<rootDir>/e2e', '<rootDir>/bench'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/package.json'],
  testEnvironment: 'node',
  transform: { '^.+\\.m?[jt]s$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } }] },
  transformIgnorePatterns: ['/node_modules/(?!(\\.pnpm/[^/]+/node_modules/)?(@migrator|ulid|jose|better-auth|@better-auth|better-call|@better-fetch|nanostores|kysely|rou3|@noble|@standard-schema|defu|set-cookie-parser)/)'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/packages/testing/jest-global-setup.mjs',
  globalTeardown: '<rootDir>/packages/testing/jest-global-teardown.mjs',
  testSequencer: '<rootDir>/packages/testing/jest-longest-first.mjs',
  testTimeout: 60_000,
  // One more than the cores that we count on: a third of the time passes waiting for leases, windows and servers.
  maxWorkers: 3,
};
