/** The simulator as a child process, on free ports, for one test file. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export interface TestSimulator {
  /** Plain HTTP for every Microsoft host, by the Host header: the value of MICROSOFT_LAST_HOP. */
  url: string;
  tlsUrl: string;
  controlUrl: string;
  /** PEM of the authority behind the TLS listener. */
  caFile: string;
  /** Calls the control interface and returns its JSON; throws with its words on an error. */
  control<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  stop(): Promise<void>;
}

/** Starts it with a preset (default `empty`) and further arguments. */
export async function startSimulator({ preset = 'empty', args = [] }: { preset?: string; args?: string[] } = {}): Promise<TestSimulator> {
  const folder = mkdtempSync(join(tmpdir(), 'migrator-sim-'));
  const main = resolve(process.cwd(), 'apps/graph-simulator/dist/main.js');
  const child = spawn(process.execPath, [main, '--port', '0', '--tls-port', '0', '--control-port', '0', '--data-dir', folder, '--preset', preset, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ready = await new Promise<{ http: string; https: string; control: string; caFile: string }>((done, fail) => {
    child.once('exit', (code) => {
      fail(new Error(`The simulator ended with ${code} while starting.`));
    });
    child.once('error', fail);
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{') && line.includes('"ready"')) done(JSON.parse(line) as { http: string; https: string; control: string; caFile: string });
    });
  });
  return {
    url: ready.http,
    tlsUrl: ready.https,
    controlUrl: ready.control,
    caFile: ready.caFile,
    control: async <T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> => {
      const response = await fetch(new URL(path, ready.control), { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
      const text = await response.text();
      if (!response.ok) throw new Error(`The simulator's control interface answered ${response.status} to ${method} ${path}: ${text}`);
      return JSON.parse(text) as T;
    },
    stop: async () => {
      const gone = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
