/** One program of a running stack, ended or started anew on purpose. */
import { withLock } from '@migrator/local-servers';
import { endAll, signal } from './process-table.js';
import { serviceDefinitions, simulatorDefinition } from './service-definitions.js';
import { readState, rememberProcess, type StackState } from './stack-state.js';
import { startService } from './start-service.js';

/** Sends `name` to a program (default SIGKILL) and resolves when it is gone; false when it was not running. `up` brings it back. */
export async function killService(dataDir: string, service: string, name: NodeJS.Signals = 'SIGKILL'): Promise<boolean> {
  const known = stateOf(dataDir).processes[service];
  if (known === undefined || !signal(known, name)) return false;
  await endAll([{ known, politely: name }], 25_000);
  return true;
}

/** Ends one of the services or the simulator in order, if it runs, and starts it again on the same ports; resolves when it is ready. */
export function restartService(dataDir: string, service: string): Promise<void> {
  return withLock(`${dataDir}.lock`, async () => {
    const state = stateOf(dataDir);
    const definition = [simulatorDefinition(state, dataDir), ...serviceDefinitions(state)].find((each) => each.name === service);
    if (definition === undefined) throw new Error(`There is no service “${service}” in this stack.`);
    const known = state.processes[service];
    if (known !== undefined) await endAll([{ known, politely: 'SIGTERM' }], 25_000);
    await startService(definition, dataDir, (pid) => {
      rememberProcess(dataDir, state, service, pid);
    });
  });
}

function stateOf(dataDir: string): StackState {
  const state = readState(dataDir);
  if (state === null) throw new Error(`No stack was started in ${dataDir}.`);
  return state;
}
