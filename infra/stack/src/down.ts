/** Ends everything that was started and removes what it left. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { withLock } from '@migrator/local-servers';
import { adoptOrphans } from './orphans.js';
import { endStack } from './end-stack.js';
import { readState, unfinishedState, writeState } from './stack-state.js';

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
      await endStack(state, onProgress);
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
