/** Ends everything that was started and removes what it left. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { withLock } from '@migrator/local-servers';
import { adoptOrphans } from './orphans.js';
import { endAll } from './process-table.js';
import { readState, unfinishedState, writeState } from './stack-state.js';

const servers = new Set(['postgres', 'redis', 'nats']);

export interface DownOptions {
  dataDir: string;
  /** Leave the folder for the next `up`. */
  keepData?: boolean;
  onProgress?: (line: string) => void;
}

/** Safe to run when nothing is up, and after a start that broke off. */
export async function down({ dataDir, keepData = false, onProgress = () => undefined }: DownOptions): Promise<void> {
  // Where there is not even a place for the folder, there never was a stack.
  if (!existsSync(dirname(dataDir))) return;
  await withLock(`${dataDir}.lock`, async () => {
    const state = readState(dataDir);
    if (state !== null) {
      adoptOrphans(dataDir, state);
      const all = Object.entries(state.processes);
      onProgress('stopping the services');
      // Workers hand their units back through the services, so they go first.
      await endAll(all.filter(([name]) => name.startsWith('migration-worker')).map(([, known]) => ({ known, politely: 'SIGTERM' })), 25_000);
      await endAll(all.filter(([name]) => !servers.has(name)).map(([, known]) => ({ known, politely: 'SIGTERM' })), 15_000);
      onProgress('stopping the servers');
      await endAll(all.filter(([name]) => servers.has(name)).map(([name, known]) => ({ known, politely: name === 'postgres' ? 'SIGINT' : 'SIGTERM' })), 10_000);
    }
    // A folder without our state is not ours, whatever it was called with: it is left as it is.
    if (state === null) {
      // What a start left that broke off before it noted anything.
      if (existsSync(dataDir) && readdirSync(dataDir).every((name) => name === unfinishedState)) rmSync(dataDir, { recursive: true, force: true });
      return;
    }
    if (keepData) {
      writeState(dataDir, { ...state, processes: {} });
      return;
    }
    rmSync(state.postgresDir, { recursive: true, force: true });
    rmSync(dataDir, { recursive: true, force: true });
  });
}
