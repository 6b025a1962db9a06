/** A server as a child process: started until it is ready, stopped in order, killed on purpose. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

export interface ServerProcess {
  readonly pid: number;
  /** Ends it with `signal` and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface SpawnServer {
  name: string;
  command: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Everything it prints goes here. */
  logFile: string;
  /** Run as this user (root must not run PostgreSQL). */
  user?: { uid: number; gid: number };
  /** Outlives this process: for the stack runner. */
  detached?: boolean;
  /** TCP port that answers once it is ready. */
  port: number;
  /** Called with the process id as soon as there is one, so that a starter that dies meanwhile leaves no orphan. */
  onSpawn?: ((pid: number) => void) | undefined;
  /** Further proof of readiness, tried until it resolves to true. */
  ready?: () => Promise<boolean>;
}

const startMsMax = 30_000;

/** Starts a server and resolves when its port answers; throws with the end of its log when it dies before that. */
export async function spawnServer({ name, command, args, cwd, env, logFile, user, detached = false, port, ready, onSpawn }: SpawnServer): Promise<ServerProcess> {
  writeFileSync(logFile, '', { flag: 'a', mode: 0o600 });
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', log, log], detached, ...(user ?? {}) });
  closeSync(log);
  if (child.pid !== undefined) onSpawn?.(child.pid);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    child.once('error', () => {
      resolve();
    });
  });
  let gone = false;
  void exited.then(() => {
    gone = true;
  });
  const deadline = Date.now() + startMsMax;
  for (;;) {
    if (gone) throw new Error(`${name} ended while starting. The end of its log:\n${tail(logFile)}`);
    if ((await answers(port)) && (ready === undefined || (await ready()))) break;
    if (Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${name} was not ready after ${startMsMax / 1000} s. The end of its log:\n${tail(logFile)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  if (child.pid === undefined) throw new Error(`${name} has no process id.`);
  if (detached) child.unref();
  return { pid: child.pid, stop: (signal = 'SIGTERM') => stopChild(child, exited, signal) };
}

async function stopChild(child: ChildProcess, exited: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(timer);
}

const tail = (file: string): string => readFileSync(file, 'utf8').split('\n').slice(-15).join('\n');

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

/** A TCP port on loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}
