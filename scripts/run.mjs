#!/usr/bin/env node
// The one door of `npm run demo | stack | bench | chaos | test`: sets up what is missing, builds what changed, then runs it.
// Plain Node.js without dependencies: it is what a fresh clone can run.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countTests, summary } from './count-tests.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const floor = [20, 19];
const pnpmVersion = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('@')[1];
// Corepack must not step in, and nothing may ask questions or send telemetry.
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', npm_config_yes: 'true', npm_config_update_notifier: 'false', COREPACK_ENABLE_STRICT: '0', FORCE_COLOR: process.env.FORCE_COLOR ?? (process.stderr.isTTY ? '1' : '0') };
// Test servers of our own: addresses for the product must not leak into the package manager.
const cache = join(root, '.cache');

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < floor[0] || (major === floor[0] && minor < floor[1])) fail(`This needs Node.js ${floor.join('.')} or later; this is ${process.versions.node}.`);
}

/** Runs a command quietly; shows all it said when it fails. */
function quiet(label, command, args) {
  process.stderr.write(`${label} …\n`);
  const began = Date.now();
  const result = spawnSync(command, args, { cwd: root, env, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, shell: process.platform === 'win32' });
  if (result.status !== 0) fail(`${result.stdout ?? ''}${result.stderr ?? ''}\n${label} failed${result.error ? `: ${result.error.message}` : ''}. See above.`);
  process.stderr.write(`${label}: ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
}

/** pnpm of the pinned version, kept in our own cache so that later runs need neither network nor npx. */
function pnpm() {
  const bin = join(cache, `pnpm-${pnpmVersion}`, 'node_modules/pnpm/bin/pnpm.cjs');
  if (!existsSync(bin)) {
    const folder = join(cache, `pnpm-${pnpmVersion}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    quiet(`Fetching pnpm ${pnpmVersion}`, 'npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--loglevel=error', `pnpm@${pnpmVersion}`]);
  }
  // Turborepo looks for a program called pnpm.
  const shims = join(cache, 'bin');
  mkdirSync(shims, { recursive: true });
  if (process.platform === 'win32') writeFileSync(join(shims, 'pnpm.cmd'), `@"${process.execPath}" "${bin}" %*\r\n`);
  else writeFileSync(join(shims, 'pnpm'), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`, { mode: 0o755 });
  env.PATH = `${shims}${process.platform === 'win32' ? ';' : ':'}${dirname(process.execPath)}${process.platform === 'win32' ? ';' : ':'}${env.PATH}`;
  return bin;
}

/** Installs the workspace when the lockfile or a package.json changed since the last time. */
function install() {
  const bin = pnpm();
  const inputs = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...['apps', 'packages', 'infra'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json'))), 'e2e/package.json', 'bench/package.json'].filter((file) => existsSync(join(root, file)));
  const hash = createHash('sha256');
  for (const file of inputs) hash.update(readFileSync(join(root, file)));
  const wanted = hash.digest('hex');
  const stamp = join(cache, 'installed');
  if (existsSync(join(root, 'node_modules/.modules.yaml')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  quiet('Installing packages', process.execPath, [bin, 'install', '--frozen-lockfile', '--reporter=silent', '--config.confirmModulesPurge=false']);
  writeFileSync(stamp, wanted);
}

const turbo = () => join(root, 'node_modules/turbo/bin/turbo');

function build() {
  quiet('Building', process.execPath, [turbo(), 'run', 'build', '--output-logs=errors-only', '--log-prefix=none']);
}

/** Hands the terminal over to a program and ends as it ends. Ctrl-C reaches it first. */
function handOver(main, args) {
  const child = spawn(process.execPath, [join(root, main), ...args], { cwd: root, env: { ...process.env }, stdio: 'inherit' });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => name === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(name));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
}

function step(label, command, args, extraEnv = {}) {
  process.stdout.write(`\n── ${label}\n`);
  const began = Date.now();
  const result = spawnSync(command, args, { cwd: root, env: { ...env, ...extraEnv }, stdio: 'inherit' });
  process.stdout.write(`── ${label}: ${result.status === 0 ? 'passed' : 'FAILED'} in ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
  return result.status === 0;
}

/** Lint, types, then every test; all are run whatever fails. The last line counts them. */
function test(args) {
  const only = args.filter((arg) => !arg.startsWith('--'));
  const counts = { passed: 0, failed: 0 };
  const count = (ok) => (ok ? (counts.passed += 1) : (counts.failed += 1));
  if (only.length === 0) {
    count(step('Lint', process.execPath, [join(root, 'node_modules/eslint/bin/eslint.js'), '.', '--max-warnings', '0', '--concurrency', String(availableParallelism()), '--cache', '--cache-location', join(cache, 'eslint')]));
    count(step('Types', process.execPath, [turbo(), 'run', 'typecheck', '--output-logs=errors-only', '--log-prefix=none']));
  }
  const report = join(cache, 'jest-report.json');
  rmSync(report, { force: true });
  const ok = step('Tests', process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), '--ci', '--forceExit', '--json', `--outputFile=${report}`, ...args]);
  const tests = countTests(existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null, ok);
  counts.passed += tests.passed;
  counts.failed += tests.failed;
  process.stdout.write(`\n${summary(counts)}\n`);
  process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

const [command, ...args] = process.argv.slice(2);
const usage = `npm run demo [-- --exit] [--json] [--only WORKLOAD] a whole migration between two simulated tenants
npm run stack -- up | down | status  the platform on this machine
npm run bench -- NAME | all           what it reaches on this machine; without a name, which there are
npm run chaos [-- --seed N] [--minutes N] everything around migrations fails; nothing may be lost or doubled
npm test [-- PATH ...]               lint, types, unit, integration and end-to-end tests
`;
checkNode();
mkdirSync(cache, { recursive: true });
if (command === 'demo' || command === 'stack' || command === 'bench' || command === 'chaos' || command === 'test') {
  install();
  build();
  if (command === 'demo') handOver('infra/demo/dist/main.js', args);
  else if (command === 'stack') handOver('infra/stack/dist/main.js', args);
  else if (command === 'bench') handOver('bench/dist/main.js', args);
  else if (command === 'chaos') handOver('infra/chaos/dist/main.js', args);
  else test(args);
} else {
  process.stdout.write(usage);
  process.exitCode = command === undefined || command === '--help' ? 0 : 1;
}
