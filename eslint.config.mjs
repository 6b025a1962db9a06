// Lint holds what reviewers forget: import cycles, imports against the layers, floating promises.
import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import tseslint from 'typescript-eslint';

/** Which packages a folder may import. Arrows run one way: apps -> packages -> contracts. */
const layers = [
  { files: ['packages/contracts/**'], forbid: ['@migrator/*'] },
  { files: ['packages/service-kit/**'], forbid: ['@migrator/*', '!@migrator/contracts'] },
  { files: ['packages/messaging/**'], forbid: ['@migrator/*', '!@migrator/contracts', '!@migrator/service-kit'] },
  { files: ['packages/rate-limit/**'], forbid: ['@migrator/*', '!@migrator/contracts', '!@migrator/service-kit', '!@migrator/messaging'] },
  { files: ['packages/graph-client/**'], forbid: ['@migrator/*', '!@migrator/contracts'] },
  { files: ['packages/local-servers/**'], forbid: ['@migrator/*'] },
  { files: ['apps/graph-simulator/**'], forbid: ['@migrator/*', '!@migrator/testing'] },
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.cache/**', '.stack/**', '**/migrations/**', 'coverage/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strict, ...tseslint.configs.stylistic],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: { 'import-x/extensions': ['.ts', '.js'], 'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] }, 'import-x/resolver-next': [createTypeScriptImportResolver({ project: ['packages/*/tsconfig.json', 'apps/*/tsconfig.json', 'infra/*/tsconfig.json', 'e2e/tsconfig.json', 'bench/tsconfig.json'], noWarnOnMultipleProjects: true })] },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-self-import': 'error',
      'no-console': 'error',
    },
  },
  ...layers.map(({ files, forbid }) => ({
    files: files.map((f) => `${f}/*.ts`),
    // Tests of any package may use packages/testing.
    ignores: ['**/*.test.ts', '**/src/testing/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: forbid, message: 'Against the layers: apps -> packages -> contracts (ARCHITECTURE.md).' }] }] },
  })),
  {
    // Apps never import one another; they meet in contracts.
    files: ['apps/**/*.ts'],
    ignores: ['apps/graph-simulator/**'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['@migrator/api-gateway*', '@migrator/*-service*', '@migrator/migration-worker*', '@migrator/graph-simulator*', '**/apps/**'], message: 'Apps never import one another; they meet in contracts.' }, { group: ['@migrator/*/src/*', '@migrator/*/dist/*'], message: 'No deep imports: use the exported subpath.' }] }],
    },
  },
  {
    // Waiting for Microsoft is graph-client's alone (governor, attempts). The files left out wait for other things: PostgreSQL, NATS, a lease, the grace of a stop, the turn of the event loop.
    files: ['apps/migration-worker/src/**/*.ts', 'apps/tenant-service/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**', 'apps/migration-worker/src/engine/{halt,ledger-writer}.ts', 'apps/migration-worker/src/units/{announcements,lease,unit-reporter,verify-reporter,work-unit}.ts', 'apps/tenant-service/src/{background-loop,discovery/run-discovery}.ts'],
    rules: {
      'no-restricted-syntax': ['error',
        { selector: "CallExpression[callee.name=/^(setTimeout|setInterval)$/]", message: 'Nobody but graph-client waits for Microsoft, or tries again: let the governor do it.' },
        { selector: "CallExpression[callee.property.name=/^(setTimeout|setInterval)$/]", message: 'Nobody but graph-client waits for Microsoft, or tries again: let the governor do it.' },
        { selector: "ImportDeclaration[source.value=/^(node:)?timers/]", message: 'Nobody but graph-client waits for Microsoft, or tries again: let the governor do it.' },
      ],
    },
  },
  {
    // The environment is parsed once, in config.ts; nobody else reads it.
    files: ['apps/**/src/**/*.ts', 'packages/**/src/**/*.ts'],
    ignores: ['**/main.ts', '**/*.test.ts', 'packages/testing/**', 'packages/local-servers/**', '**/cli/**'],
    rules: { 'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'Read the environment in main.ts through config.ts only.' }] },
  },
  {
    files: ['**/*.test.ts', 'e2e/**/*.ts', 'packages/testing/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/no-empty-function': 'off' },
  },
  { files: ['infra/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.mjs', '**/cli/**/*.ts', '**/main.ts'], rules: { 'no-console': 'off' } },
  { files: ['**/*.mjs', '**/*.cjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly', setTimeout: 'readonly', clearTimeout: 'readonly', fetch: 'readonly', module: 'readonly', AbortSignal: 'readonly' } } },
);
