#!/usr/bin/env node
// Brings the compose files up for real, uses the platform, and takes it down again: npm run check:docker [-- --node 22].
//
// It uses the engine that answers. Without one, as root and with the distribution's packages docker.io, docker-compose and
// debootstrap installed, it starts an engine of its own (own data, socket and network rules, all removed afterwards) and, where no image
// registry can be reached, builds stand-in base images from the distribution and npm. It says so clearly when it has to skip.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect, parseArgs } from 'node:util';
import { openEngine, Skip } from './check-docker-engine.mjs';
import { acceptInvitation, bearer, connectTenant, dryRun, everythingAnswers, firstOwner, onlyByTls } from './check-docker-journey.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const work = mkdtempSync(join(tmpdir(), 'migrator-docker-'));
const say = (text) => process.stdout.write(`${text}\n`);
const { values } = parseArgs({ options: { node: { type: 'string', default: '24' } } });
const began = Date.now();
const step = (text) => say(`[${Math.round((Date.now() - began) / 1_000)} s] ${text}`);

const freePort = () =>
  new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** What is to be taken down again, last first: at the end, and when the check is interrupted. */
const undo = [() => (chmodSync(work, 0o700), rmSync(work, { recursive: true, force: true }))];
async function undoAll() {
  while (undo.length > 0) await undo.pop()();
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void undoAll().finally(() => process.exit(130)));

async function main() {
  const engine = await openEngine({ root, work, nodeMajor: values.node });
  undo.push(engine.stop);
  await check(engine);
}

async function check({ env, compose: [command, ...prefix], run, whole }) {
  const envFile = join(work, 'env');
  run(process.execPath, ['scripts/docker-env.mjs', envFile]);
  const common = [...prefix, '--env-file', envFile, '-p', 'migratorcheck', '-f', 'docker-compose.yml'];
  const args = [...common, '-f', 'docker-compose.simulator.yml'];
  // Ports of our own: 8080 and 4000 may be taken on this machine.
  const ports = { gateway: await freePort(), simulator: await freePort() };
  const gateway = `http://localhost:${ports.gateway}`;
  Object.assign(env, { COMPOSE_HTTP_TIMEOUT: '300', GATEWAY_PORT: String(ports.gateway), SIMULATOR_PORT: String(ports.simulator), PUBLIC_URL: gateway });
  const output = (...more) => execFileSync(command, [...args, ...more], { cwd: root, env: whole(), encoding: 'utf8' }).trim();
  const inGateway = (...more) => JSON.parse(output('run', '--rm', '-T', 'api-gateway', 'node', ...more, '--json').split('\n').at(-1));

  const empty = join(work, 'empty');
  writeFileSync(empty, '');
  for (const files of [common, args]) {
    const refused = spawnSync(command, [...prefix, '--env-file', empty, ...files.slice(files.indexOf('-f')), 'config', '-q'], { cwd: root, env: whole(), encoding: 'utf8' });
    if (refused.status === 0 || !refused.stderr.includes('is not set, see .env.example')) throw new Error(`Compose did not refuse an environment without secrets: ${refused.stderr}`);
  }
  let passed = false;
  undo.push(() => {
    if (!passed) spawnSync(command, [...args, 'logs', '--tail', '25'], { cwd: root, env: whole(), stdio: 'inherit' });
    spawnSync(command, [...args, 'down', '-v', '--remove-orphans'], { cwd: root, env: whole(), stdio: 'inherit' });
  });
  step('building the images');
  run(command, [...args, 'build']);
  for (const service of output('config', '--services').split('\n')) inspectImage(`migrator/${service}`, { env, whole });
  step('starting');
  run(command, [...args, 'up', '-d']);
  await healthy({ output, whole });
  step('every container is healthy');

  const access = await firstOwner(gateway);
  const made = inGateway('dist/cli/api-key.js', 'create', '--org-name', 'By command');
  await everythingAnswers(gateway, { ...access, key: bearer(made.apiKey) });
  const { link } = inGateway('dist/cli/person.js', 'invite', '--org', made.orgId, '--email', 'invited@check.example');
  await acceptInvitation(gateway, link);
  await everythingAnswers(gateway, access);
  step('an owner signed up and made a key, the operator made a key and an invitation, and every service answers');
  const source = await connectTenant(gateway, access, 'contoso.com', 'source');
  const dest = await connectTenant(gateway, access, 'fabrikam.com', 'destination');
  step('two tenants are connected and discovered');
  const dry = await dryRun(gateway, access, source, dest);
  step(`a dry run of ${dry.totalItems} items is complete`);

  run(command, [...args, 'restart', 'redis', 'nats']);
  await healthy({ output, whole });
  await everythingAnswers(gateway, access);
  await dryRun(gateway, access, source, dest);
  step('Redis and NATS were restarted: the session and the key are known, and another dry run is complete');

  // As it runs for real tenants: without the simulator's file, behind a reverse proxy, which these requests pretend to be.
  Object.assign(env, { PUBLIC_URL: 'https://migrator.example', TRUSTED_PROXIES: '172.16.0.0/12,192.168.0.0/16' });
  run(command, [...common, 'up', '-d', '--no-deps', 'tenant-service', 'migration-worker', 'api-gateway']);
  await healthy({ output, whole });
  await onlyByTls(gateway, access);
  step('with docker-compose.yml alone the gateway takes requests by TLS only');
  passed = true;
}

/** Our images hold the packages of the lockfile and no others, run as somebody without rights, and have no environment but Node.js's. */
function inspectImage(name, { env, whole }) {
  const docker = (...args) => execFileSync('docker', args, { env: whole(), encoding: 'utf8' }).trim();
  if (docker('image', 'ls', '-q', name) === '') return;
  const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
  const packages = docker('run', '--rm', name, 'ls', 'node_modules/.pnpm').split('\n').filter((entry) => entry.includes('@') && !entry.includes('@file+')).map((entry) => entry.replace(/^(@?[^@]+@[^_]+).*$/, '$1').replace(/^(@[^+]+)\+/, '$1/'));
  const strangers = packages.filter((each) => !new RegExp(`^  '?${each.replaceAll(/[.+/]/g, '\\$&')}'?:$`, 'm').test(lockfile));
  if (strangers.length > 0) throw new Error(`${name} holds packages that the lockfile does not name: ${strangers.join(', ')}`);
  const { User: user, Env: variables } = JSON.parse(docker('image', 'inspect', '-f', '{{json .Config}}', name));
  if (user !== 'node') throw new Error(`${name} runs as ${user || 'root'}.`);
  const own = variables.filter((each) => !/^(PATH|NODE_ENV|NODE_VERSION|YARN_VERSION|NODE_EXTRA_CA_CERTS)=/.test(each));
  if (own.length > 0) throw new Error(`${name} carries ${own.map((each) => each.split('=')[0]).join(', ')}.`);
  const megabytes = (image) => Math.round(Number(docker('image', 'inspect', '-f', '{{.Size}}', image)) / 1e6);
  say(`${name}: ${megabytes(name)} MB, ${megabytes(env.NODE_IMAGE)} MB of them the base; ${packages.length} packages, all of the lockfile`);
}

/** Resolves when every service of the files has a container that says it is healthy. One without a health check never is. */
async function healthy({ output, whole }) {
  const wanted = output('config', '--services').split('\n');
  const stateOf = (service) => {
    const id = output('ps', '-q', service);
    return id === '' ? 'missing' : spawnSync('docker', ['inspect', '-f', '{{if .State.Health}}{{.State.Health.Status}}{{else}}without a health check{{end}}', id], { env: whole(), encoding: 'utf8' }).stdout.trim();
  };
  for (let tries = 0; tries < 90; tries += 1) {
    const states = wanted.map(stateOf);
    if (states.every((state) => state === 'healthy')) return;
    if (tries % 10 === 0) say(wanted.map((service, at) => `${service} ${states[at]}`).join(', '));
    await new Promise((done) => setTimeout(done, 2_000));
  }
  throw new Error('Not every container became healthy.');
}

main()
  .catch((error) => {
    if (error instanceof Skip) say(`SKIPPED: ${error.message}`);
    else {
      process.stderr.write(`FAILED: ${inspect(error)}\n`);
      process.exitCode = 1;
    }
    return error;
  })
  .then(async (error) => {
    await undoAll();
    if (error === undefined) step(`PASSED with Node.js ${values.node}.`);
  });
