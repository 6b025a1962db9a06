/** Where Redis and NATS come from: PATH, the distribution's packages, Docker, in this order. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { distributionFolder, libraryPath } from './distribution-packages.js';
import { findOnPath } from './on-path.js';

export type ServerName = 'redis-server' | 'nats-server';

/** How to run a server: `place` is what it sees (inside a container that is not the machine's own port and folder). */
export interface ServerCommand {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Removes what a killed run may have left under this port. */
  clear: () => Promise<void>;
}

export interface Place {
  host: string;
  port: number;
  dataDir: string;
}

const containers = {
  'redis-server': { image: 'redis:7', port: 6379, command: ['redis-server'] },
  'nats-server': { image: 'nats:2', port: 4222, command: [] },
} as const;

const run = promisify(execFile);
const nothing = (): Promise<void> => Promise.resolve();

/** Decides for one server; throws with one line that says what to install when there is no way. */
export async function serverCommand(name: ServerName, { port, dataDir, args }: { port: number; dataDir: string; args: (place: Place) => string[] }): Promise<ServerCommand> {
  const local = args({ host: '127.0.0.1', port, dataDir });
  const onPath = findOnPath(name);
  if (onPath !== null) return { command: onPath, args: local, env: {}, clear: nothing };
  let why: string;
  try {
    const root = await distributionFolder();
    const unpacked = [`usr/sbin/${name}`, `usr/bin/${name}`].map((path) => join(root, path)).find((path) => existsSync(path));
    if (unpacked !== undefined) return { command: unpacked, args: local, env: { LD_LIBRARY_PATH: libraryPath(root) }, clear: nothing };
    why = `the distribution’s packages hold none`;
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  if (await dockerAnswers()) return inContainer(name, port, dataDir, args);
  const variable = name === 'redis-server' ? 'REDIS_URL' : 'NATS_URL';
  throw new Error(`There is no ${name} on this machine, ${why}, and no Docker engine answers. Install it (Debian, Ubuntu: apt-get install ${name}; macOS: brew install ${name === 'redis-server' ? 'redis' : name}; elsewhere your package manager), or set ${variable} to one of your own.`);
}

async function dockerAnswers(): Promise<boolean> {
  if (findOnPath('docker') === null) return false;
  try {
    await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

/** In the foreground, so that its client is our child: an orderly signal goes through to the server. */
function inContainer(name: ServerName, port: number, dataDir: string, args: (place: Place) => string[]): ServerCommand {
  const { image, port: inside, command } = containers[name];
  const container = `migrator-${name}-${port}`;
  // As this user, so that the data folder stays ours to remove.
  const user = process.getuid === undefined ? [] : ['--user', `${process.getuid()}:${process.getgid?.() ?? 0}`];
  return {
    command: findOnPath('docker') ?? 'docker',
    args: ['run', '--rm', '--name', container, ...user, '-p', `127.0.0.1:${port}:${inside}`, '-v', `${dataDir}:/data`, image, ...command, ...args({ host: '0.0.0.0', port: inside, dataDir: '/data' })],
    env: {},
    // Killing the client leaves the container behind.
    clear: async () => {
      await run('docker', ['rm', '--force', container]).catch((error: unknown) => {
        if (!String(error).includes('No such container')) throw error;
      });
    },
  };
}
