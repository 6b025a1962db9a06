import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import postgres from 'postgres';
import { isAlive, startTimeOf } from './process-identity.js';
import { portIsFree } from './ports.js';
import { startNats } from './nats.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';

// Below the temporary folder itself: as root, PostgreSQL runs as a user who must get there.
const folder = mkdtempSync(join(tmpdir(), 'migrator-servers-test-'));
chmodSync(folder, 0o755);
const built = join(process.cwd(), 'packages/local-servers/dist/index.js');
const stops: (() => Promise<void>)[] = [];
const started = <T extends { stop(): Promise<void> }>(server: T): T => {
  stops.push(() => server.stop());
  return server;
};

afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
  rmSync(folder, { recursive: true, force: true });
});

/** Says something over a plain connection and resolves with the answer as soon as it matches. */
function say(port: number, text: string, until: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(text));
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      if (until.test(heard)) {
        socket.destroy();
        resolve(heard);
      }
    });
    socket.once('error', reject);
    socket.once('end', () => { reject(new Error(`The connection ended after: ${heard}`)); });
  });
}

/** Asks JetStream's API in NATS' own words. */
const jetStream = (port: number, subject: string, body = ''): Promise<string> => say(port, `CONNECT {"verbose":false}\r\nSUB answer 1\r\nPUB ${subject} answer ${body.length}\r\n${body}\r\n`, /MSG answer .*\r\n.*\r\n/);

test('PostgreSQL killed under its clients is back on the same port with what was committed', async () => {
  const dataDir = join(folder, 'postgres');
  let server = started(await startPostgres({ dataDir, durable: false }));
  const { port } = server;
  for (let round = 1; round <= 3; round += 1) {
    const sql = postgres(server.url, { max: 3, onnotice: () => undefined, fetch_types: false });
    await sql`create table if not exists kept (round int)`;
    await sql`insert into kept values (${round})`;
    const busy = Promise.allSettled([sql`select pg_sleep(30)`, sql`select pg_sleep(30)`]);
    while ((await sql`select pid from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()`).length < 2);
    await server.stop('SIGKILL');
    await busy;
    await sql.end({ timeout: 0 });
    server = started(await startPostgres({ dataDir, port, durable: false }));
    const again = postgres(server.url, { max: 1 });
    expect((await again`select count(*)::int as rows from kept`)[0]).toEqual({ rows: round });
    await again.end();
  }
  expect(server.port).toBe(port);
});

test('a PostgreSQL whose making was interrupted is made again, and the pid file of another program stops nothing', async () => {
  const dataDir = join(folder, 'postgres-again');
  mkdirSync(join(dataDir, 'making-1'), { recursive: true });
  const server = started(await startPostgres({ dataDir, durable: false }));
  await server.stop();
  await server.stop();
  writeFileSync(join(dataDir, 'cluster/postmaster.pid'), `${process.pid}\n${join(dataDir, 'cluster')}\n`);
  started(await startPostgres({ dataDir, durable: false }));
  expect(readdirSync(dataDir).filter((name) => name.startsWith('making-'))).toEqual([]);
});

test('Redis killed with SIGKILL keeps what it acknowledged when it is durable, never evicts, and two run at once', async () => {
  const dataDir = join(folder, 'redis');
  let one = started(await startRedis({ dataDir, durable: true }));
  const other = started(await startRedis({ dataDir: join(folder, 'redis-2') }));
  expect(other.port).not.toBe(one.port);
  expect(await say(one.port, 'CONFIG GET maxmemory-policy\r\n', /noeviction\r\n/)).toContain('noeviction');
  await say(one.port, 'SET unit claimed\r\n', /\+OK/);
  await say(one.port, 'CONFIG SET appendfsync always\r\n', /\+OK/);
  await say(one.port, 'SET unit done\r\n', /\+OK/);
  await one.stop('SIGKILL');
  one = started(await startRedis({ dataDir, port: one.port, durable: true }));
  expect(await say(one.port, 'GET unit\r\n', /\$-1|done\r\n/)).toContain('done');
  expect(await say(other.port, 'GET unit\r\n', /\$-1|done\r\n/)).toContain('$-1');
});

test('NATS killed with SIGKILL keeps its streams', async () => {
  const dataDir = join(folder, 'nats');
  let server = started(await startNats({ dataDir }));
  expect(await jetStream(server.port, '$JS.API.STREAM.CREATE.FACTS', JSON.stringify({ name: 'FACTS', subjects: ['fact.>'] }))).toContain('"name":"FACTS"');
  expect(await jetStream(server.port, 'fact.one', 'it happened')).toContain('"seq":1');
  await server.stop('SIGKILL');
  server = started(await startNats({ dataDir, port: server.port }));
  expect(await jetStream(server.port, '$JS.API.STREAM.INFO.FACTS')).toContain('"messages":1');
});

test('a port that another program has is refused, and that program is left alone', async () => {
  const owner = createServer();
  await new Promise<void>((resolve) => owner.listen(0, '127.0.0.1', resolve));
  const { port } = owner.address() as AddressInfo;
  await expect(startRedis({ dataDir: join(folder, 'redis-3'), port })).rejects.toThrow(`port ${port}: another program has it`);
  expect(await portIsFree(port)).toBe(false);
  await new Promise((resolve) => owner.close(resolve));
});

/** Starts Redis in a process of its own; resolves when that says which pid Redis has. */
async function startElsewhere(detached: boolean, dataDir: string): Promise<{ kill: () => Promise<void>; pid: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `import { startRedis } from ${JSON.stringify(built)}; const { pid } = await startRedis({ dataDir: ${JSON.stringify(dataDir)}, detached: ${detached} }); console.log(pid); setInterval(() => {}, 1000);`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  return {
    pid: Number(line),
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

test('a server ends with its starter, even a killed one, unless it was started to stay', async () => {
  const [bound, staying] = await Promise.all([startElsewhere(false, join(folder, 'bound')), startElsewhere(true, join(folder, 'staying'))]);
  const known = [bound, staying].map(({ pid }) => ({ pid, startedAt: startTimeOf(pid) ?? '' }));
  await Promise.all([bound.kill(), staying.kill()]);
  const deadline = Date.now() + 10_000;
  while (isAlive(known[0]) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(known.map(isAlive)).toEqual([false, true]);
  process.kill(staying.pid, 'SIGKILL');
});

/** Tries to start Redis where neither it nor apt-get is on PATH; resolves with what it says. */
function startWithout(path: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `import { startRedis } from ${JSON.stringify(built)}; startRedis({ dataDir: ${JSON.stringify(join(folder, 'without'))}, port: 6399 }).then(async (server) => { console.log('started ' + server.url); await server.stop(); process.exit(0); }, (error) => { console.log(error.message); process.exit(1); });`], { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: path, HOME: join(folder, 'home'), XDG_CACHE_HOME: join(folder, 'cache') } });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', () => { resolve(said.trimEnd()); }));
}

test('with nothing to start, one line says what to install', async () => {
  const said = await startWithout(folder);
  expect(said).toMatch(/^There is no redis-server on this machine, .*apt-get install redis-server.*REDIS_URL to one of your own\.$/);
});

test('where Docker answers, the server runs in a container of this user on the same port and folder', async () => {
  // A program called docker that says it runs what it was asked for.
  const bin = mkdtempSync(join(folder, 'bin-'));
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\necho "$*" >> ${join(folder, 'docker.log')}\n[ "$1" = run ] || exit 0\necho Ready to accept connections\nexec /bin/sleep 60\n`, { mode: 0o755 });
  expect(await startWithout(bin)).toBe('started redis://127.0.0.1:6399');
  const asked = readFileSync(join(folder, 'docker.log'), 'utf8').trim().split('\n');
  const run = asked.find((line) => line.startsWith('run')) ?? '';
  expect(run).toContain(`--name migrator-redis-server-6399 --user ${process.getuid?.()}:${process.getgid?.()} -p 127.0.0.1:6399:6379 -v ${join(folder, 'without')}:/data redis:7 redis-server --bind 0.0.0.0 --port 6379 --dir /data`);
  expect(asked.at(-1)).toBe('rm --force migrator-redis-server-6399');
});
