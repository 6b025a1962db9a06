/**
 * rclone, copying the same drives over the same TLS listener: a process for each pair of drives, all of them at once. It makes no more
 * than a hundred calls a second to a drive, so one process for all of them, which goes through them nearly one by one, is far slower.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { rcloneProgram } from '@migrator/local-servers';

export interface RcloneEnd {
  tenantId: string;
  /** In the order of the other side's. */
  driveIds: readonly string[];
}

/** Of each process. */
export interface RcloneSettings {
  transfers: number;
  checkers: number;
}

export interface RcloneCopy extends RcloneSettings {
  clientId: string;
  clientSecret: string;
  /** The simulator's plain port, which carries connections to its TLS listener. */
  proxy: string;
  caFile: string;
  source: RcloneEnd;
  destination: RcloneEnd;
}

export interface ReadyRclone {
  /** Of a process that outlives rclone, so that what rclone used can be read from it. */
  readonly pid: number;
  /** Resolves when rclone has ended; throws what it said when it failed. */
  copy(): Promise<void>;
  stop(): Promise<void>;
}

/** Waits for a line, copies, says how it ended, and waits again, so that what was used can still be read. */
const everyPair = `
read _
for pair in $PAIRS; do "$0" copy source: dest: --config "$HOME/$pair.conf" "$@" & pids="$pids $!"; done
code=0
for pid in $pids; do wait "$pid" || code=$?; done
echo "ended $code"
read _`;

/** Everything but the copy itself. */
export async function readyRclone({ clientId, clientSecret, proxy, caFile, source, destination, transfers, checkers }: RcloneCopy): Promise<ReadyRclone> {
  const program = await rcloneProgram();
  const folder = mkdtempSync(join(tmpdir(), 'migrator-rclone-'));
  const remote = (name: string, { tenantId }: RcloneEnd, driveId = ''): string => section(name, { type: 'onedrive', client_id: clientId, client_secret: clientSecret, client_credentials: 'true', tenant: tenantId, drive_id: driveId, drive_type: 'business' });
  // Each process writes its tokens into its configuration.
  for (const [n, id] of source.driveIds.entries()) writeFileSync(join(folder, `${n}.conf`), `${remote('source', source, id)}\n${remote('dest', destination, destination.driveIds[n])}`, { mode: 0o600 });
  const args = ['--ca-cert', caFile, '--cache-dir', folder, '--transfers', String(transfers), '--checkers', String(checkers), '--retries', '1', '--stats', '0', '--log-level', 'ERROR'];
  // A group of its own: whoever interrupts this process ends all of them.
  const child = spawn('/bin/sh', ['-c', everyPair, program, ...args], { detached: true, stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], HOME: folder, HTTPS_PROXY: proxy, PAIRS: source.driveIds.map((_id, n) => n).join(' ') } });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-4_000)));
  const gone = once(child, 'exit');
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const interrupted = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
    remove();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, interrupted);
  return {
    pid: child.pid ?? 0,
    copy: async () => {
      const lines = createInterface(child.stdout);
      const ended = once(lines, 'line') as Promise<[string]>;
      child.stdin.write('begin\n');
      const [line] = await Promise.race([ended, gone.then((): [string] => ['it was killed'])]);
      if (line !== 'ended 0') throw new Error(`rclone failed (${line}): ${said}`);
    },
    stop: async () => {
      child.stdin.end();
      await gone;
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, interrupted);
      remove();
    },
  };
}

const section = (name: string, values: Record<string, string>): string => `[${name}]\n${Object.entries(values).map(([key, value]) => `${key} = ${value}\n`).join('')}`;
