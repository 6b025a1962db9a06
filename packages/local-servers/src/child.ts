/** A server as a child process: started until it is ready, stopped in order, killed on purpose. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { portIsFree } from './ports.js';

export interface ServerProcess {
  readonly pid: number;
  /** Ends it with `signal` (default: its orderly one) and waits until it is gone; after 10 s with SIGKILL. May be called again. */
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
  /** Outlives this process: for the stack runner. Otherwise it ends with this process, however that ends. */
  detached?: boolean;
  /** The port it will listen on; refused when somebody else has it. */
  port: number;
  /** Called with the process id as soon as there is one, so that a starter that dies meanwhile leaves no orphan. */
  onSpawn?: ((pid: number) => void) | undefined;
  /** Proof of readiness, tried until it resolves to true; gets what the server has logged since it was started. */
  ready: (logged: string) => Promise<boolean> | boolean;
  /** How it is asked to end; default SIGTERM. */
  politely?: NodeJS.Signals;
}

const startMsMax = 30_000;
const stopMsMax = 10_000;

/** The server ended, or was never ready; `logged` is what it said. */
export class ServerStartError extends Error {
  constructor(
    name: string,
    what: string,
    readonly logged: string,
  ) {
    super(`${name} ${what}. The end of its log:\n${logged.split('\n').slice(-15).join('\n')}`);
  }
}

/** The port that was asked for belongs to another program. */
export class PortTakenError extends Error {
  constructor(
    name: string,
    readonly port: number,
  ) {
    super(`${name} cannot listen on port ${port}: another program has it.`);
  }
}

/** Starts a server and resolves when it is ready; throws {@link ServerStartError} when it ends before that, {@link PortTakenError} at once when its port is taken. */
export async function spawnServer({ name, command, args, cwd, env, logFile, user, detached = false, port, ready, onSpawn, politely = 'SIGTERM' }: SpawnServer): Promise<ServerProcess> {
  if (!(await portIsFree(port))) throw new PortTakenError(name, port);
  writeFileSync(logFile, '', { flag: 'a', mode: 0o600 });
  const before = statSync(logFile).size;
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', log, log], detached, ...(user ?? {}) });
  closeSync(log);
  const logged = (): string => readFileSync(logFile).subarray(before).toString('utf8');
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => { resolve(); });
    child.once('error', (error) => {
      writeFileSync(logFile, `${error.message}\n`, { flag: 'a' });
      resolve();
    });
  });
  let gone = false;
  void exited.then(() => {
    gone = true;
  });
  const { pid } = child;
  if (pid !== undefined) {
    onSpawn?.(pid);
    if (!detached) endWithUs(pid, politely, exited);
  }
  const deadline = Date.now() + startMsMax;
  for (;;) {
    const isReady = await ready(logged());
    if (gone || pid === undefined) {
      await exited;
      throw new ServerStartError(name, 'ended while starting', logged());
    }
    if (isReady) break;
    if (Date.now() > deadline) {
      child.kill('SIGKILL');
      await exited;
      throw new ServerStartError(name, `was not ready after ${startMsMax / 1000} s`, logged());
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (detached) child.unref();
  return { pid, stop: (signal = politely) => stopChild(child, exited, signal) };
}

async function stopChild(child: ChildProcess, exited: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  await exited;
  clearTimeout(timer);
}

/**
 * Ends the server when this process is gone, killed or not: a shell waits for the end of a pipe that only we hold open. It is ended
 * itself as soon as the server is gone, so that it never signals a recycled process id.
 */
function endWithUs(pid: number, politely: NodeJS.Signals, exited: Promise<void>): void {
  if (process.platform === 'win32') return;
  const watch = spawn('/bin/sh', ['-c', `read _; kill -${politely.slice(3)} ${pid}; for second in 1 2 3 4 5; do sleep 1; kill -0 ${pid} 2>/dev/null || exit; done; kill -KILL ${pid}`], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  // Without a shell the server merely outlives us when we are killed.
  watch.once('error', () => undefined);
  watch.unref();
  const { stdin } = watch;
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  stdin.on('error', () => undefined);
  void exited.then(() => watch.kill('SIGKILL'));
}
