/** The stack that is struck: started once for some runs, healed after each strike, its logs kept when a run failed. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createControlClient, type ControlClient } from '@migrator/demo/control-client';
import { down, readState, status, up, type StackState, type StackStatus } from '@migrator/stack';
import { workers } from './plan.js';

export interface Stage {
  readonly dataDir: string;
  readonly stack: StackStatus;
  readonly control: ControlClient;
  state(): StackState;
  /** Brings back what has died. */
  heal(): Promise<void>;
  /** Copies the programs' logs. */
  keepLogs(folder: string): void;
  end(): Promise<void>;
}

/** How long a silent worker keeps its units: as short as workers take, so that a run sees many leases end. */
const leaseSeconds = 2;

/** Microsoft's silence counts as a lost answer soon, so that a run sees many. */
const settings = { 'migration-worker': { GRAPH_TIMEOUT_SECONDS: '2' } };

export async function openStage(): Promise<Stage> {
  const dataDir = mkdtempSync(join(tmpdir(), 'migrator-chaos-'));
  const end = async (): Promise<void> => {
    await down({ dataDir });
    rmSync(`${dataDir}.lock`, { recursive: true, force: true });
  };
  const heal = async (): Promise<void> => {
    await up({ dataDir, durable: true, preset: 'empty', workers, leaseSeconds, settings, env: {} });
  };
  try {
    await heal();
    const stack = await status(dataDir);
    if (stack === null) throw new Error('The stack is not up.');
    const state = (): StackState => {
      const now = readState(dataDir);
      if (now === null) throw new Error('The stack is gone.');
      return now;
    };
    return {
      dataDir,
      stack,
      control: createControlClient(stack.simulatorControlUrl),
      state,
      heal,
      keepLogs: (folder) => {
        mkdirSync(folder, { recursive: true });
        cpSync(join(dataDir, 'logs'), folder, { recursive: true });
        for (const [from, to] of [[join(state().postgresDir, 'postgres.log'), 'postgres.log'], [join(dataDir, 'redis/redis.log'), 'redis.log'], [join(dataDir, 'nats/nats.log'), 'nats.log']] as const) if (existsSync(from)) cpSync(from, join(folder, to));
      },
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}
