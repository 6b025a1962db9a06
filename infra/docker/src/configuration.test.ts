/** Holds the compose files, .env.example and docs/configuration.md against the services' own schemas, in both directions. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { baseEnv, httpEnv, parseEnv, Secret } from '@migrator/service-kit/config';
import type { z } from 'zod';
// Programs are never imported elsewhere; what they read from the environment is what this test is about.
import { gatewayEnv } from '../../../apps/api-gateway/src/config.js';
import { deviceServiceEnv } from '../../../apps/device-service/src/config.js';
import { jobServiceEnv } from '../../../apps/job-service/src/config.js';
import { workerEnv } from '../../../apps/migration-worker/src/config.js';
import { tenantServiceEnv } from '../../../apps/tenant-service/src/config.js';
import { workerNodeFlags } from '../../stack/src/worker-node-flags.js';
import { environments, fillIn, parseEnvFile, placeholdersOf, readComposeFile } from './compose-files.js';
import { isRequired, rowsOf, tablesOf } from './configuration-page.js';

const root = resolve(__dirname, '../../..');
const schemas: Record<string, z.ZodType<object> & { shape: Record<string, z.ZodType> }> = {
  'api-gateway': gatewayEnv,
  'tenant-service': tenantServiceEnv,
  'job-service': jobServiceEnv,
  'device-service': deviceServiceEnv,
  'migration-worker': workerEnv,
};
const services = Object.entries(schemas);

const composeNames = readdirSync(root).filter((name) => /^docker-compose.*\.ya?ml$/.test(name));
const platform = readComposeFile(join(root, 'docker-compose.yml'));
const overlays = composeNames.filter((name) => name !== 'docker-compose.yml').map((name) => ({ name, file: readComposeFile(join(root, name)) }));
/** The platform alone, and with each of the files that go on top of it. */
const stacks = [{ name: 'docker-compose.yml', file: null }, ...overlays].map(({ name, file }) => ({ name, set: environments(file === null ? [platform] : [platform, file]) }));
const example = readFileSync(join(root, '.env.example'), 'utf8');

const folder = mkdtempSync(join(tmpdir(), 'migrator-env-'));
const written = join(folder, '.env');
beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts/docker-env.mjs'), written]);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('every program that reads the environment through the kit is held to account here', () => {
  const programs = readdirSync(join(root, 'apps')).filter((name) => {
    const config = join(root, 'apps', name, 'src/config.ts');
    return existsSync(config) && readFileSync(config, 'utf8').includes('@migrator/service-kit/config');
  });
  expect(services.map(([name]) => name).sort()).toEqual(programs.sort());
});

describe.each(services)('%s', (service, schema) => {
  test.each(stacks)('is given no variable that it does not know, and every one that it needs ($name)', ({ set }) => {
    const given = Object.keys(set.get(service) ?? {});
    expect(given.filter((name) => !(name in schema.shape))).toEqual([]);
    expect(Object.keys(schema.shape).filter((name) => isRequired(schema.shape[name]!) && !given.includes(name))).toEqual([]);
  });

  test.each(stacks)('starts with the .env that scripts/docker-env.mjs writes ($name)', ({ set }) => {
    const env = parseEnvFile(readFileSync(written, 'utf8'));
    const filled = Object.fromEntries(Object.entries(set.get(service) ?? {}).map(([name, value]) => [name, fillIn(value, env)]));
    expect(() => parseEnv(schema, filled)).not.toThrow();
  });

  test('has no secret of its own making in a compose file, and does not start without one that it needs', () => {
    const raw = environments([platform]).get(service) ?? {};
    const env = parseEnvFile(readFileSync(written, 'utf8'));
    const config = parseEnv(schema, Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, fillIn(value, env)])));
    const secrets = Object.entries(config).filter(([, value]) => value instanceof Secret).map(([name]) => name);
    expect(secrets).toContain('INTERNAL_SIGNING_KEY');
    for (const name of [...secrets, 'DATABASE_URL']) {
      const from = placeholdersOf(raw[name] ?? '');
      expect({ name, from: from.map(({ rule }) => rule) }).toEqual({ name, from: [':?'] });
      expect(() => fillIn(raw[name] ?? '', {})).toThrow('is not set');
    }
  });

  test('has its every variable and its default in docs/configuration.md, and the page knows no other', () => {
    const tables = tablesOf(readFileSync(join(root, 'docs/configuration.md'), 'utf8'));
    const shared: Record<string, z.ZodType> = { ...baseEnv, ...httpEnv };
    expect(tables.get(service)).toEqual(rowsOf(Object.fromEntries(Object.entries(schema.shape).filter(([name]) => !(name in shared)))));
    expect(Object.keys(baseEnv).filter((name) => !(name in schema.shape))).toEqual([]);
    expect(tables.get('Every service')).toEqual(rowsOf(baseEnv));
    expect(tables.get('Services that take requests')).toEqual(rowsOf(httpEnv));
  });
});

test('.env.example explains every variable that the compose files read, and no other', () => {
  const read = composeNames.flatMap((name) => placeholdersOf(readFileSync(join(root, name), 'utf8').replace(/^\s*#.*$/gm, ''))).map(({ name }) => name);
  // Read by compose itself.
  const wanted = new Set([...read, 'COMPOSE_FILE', 'COMPOSE_PATH_SEPARATOR']);
  expect(Object.keys(parseEnvFile(example)).sort()).toEqual([...wanted].sort());
});

test('.env.example holds no secret, and every .env gets secrets of its own', () => {
  const another = join(folder, 'another');
  execFileSync(process.execPath, [join(root, 'scripts/docker-env.mjs'), another]);
  const [first, second] = [written, another].map((file) => parseEnvFile(readFileSync(file, 'utf8')));
  const drawn = Object.entries(parseEnvFile(example)).filter(([, value]) => value.startsWith('<')).map(([name]) => name);
  const secrets = Object.values(schemas).flatMap(({ shape }) => Object.keys(shape).filter((name) => /SECRET|KEY$|PEPPER/.test(name)));
  expect(drawn).toEqual(expect.arrayContaining([...new Set(secrets), 'POSTGRES_PASSWORD']));
  for (const name of drawn) {
    expect(first?.[name]).toMatch(/^[\w+/=-]{30,}$/);
    expect(first?.[name]).not.toBe(second?.[name]);
  }
});

test('an .env of an earlier version keeps every value and gets the secrets that it does not have yet, and nothing else', () => {
  const old = join(folder, 'old');
  const values = parseEnvFile(readFileSync(written, 'utf8'));
  const before = Object.entries(values).filter(([name]) => name !== 'SESSION_SECRET' && name !== 'COMPOSE_FILE').map(([name, value]) => `${name}=${value}`).join('\n');
  writeFileSync(old, before);
  for (const _run of [1, 2]) execFileSync(process.execPath, [join(root, 'scripts/docker-env.mjs'), old]);
  const after = readFileSync(old, 'utf8');
  expect(after.startsWith(`${before}\nSESSION_SECRET=`)).toBe(true);
  expect(after.slice(before.length + 1)).toMatch(/^SESSION_SECRET=[\w+/=]{44}\n$/);
});

test('a worker runs with the same flags of Node.js in a container as in the stack that is measured', () => {
  expect(platform.services['migration-worker']?.command).toEqual(['node', ...workerNodeFlags, 'dist/main.js']);
});

test('every container has a health check, whoever needs another waits for it, and no port is open beyond this machine', () => {
  for (const [name, { healthcheck, depends_on: needs, ports }] of [platform, ...overlays.map(({ file }) => file)].flatMap(({ services: all }) => Object.entries(all))) {
    const known = healthcheck ?? platform.services[name]?.healthcheck;
    expect({ name, healthy: known !== undefined }).toEqual({ name, healthy: true });
    expect({ name, waits: Object.values(needs).filter(({ condition }) => condition !== 'service_healthy') }).toEqual({ name, waits: [] });
    expect({ name, open: ports.filter((port) => !port.startsWith('127.0.0.1:')) }).toEqual({ name, open: [] });
  }
});
