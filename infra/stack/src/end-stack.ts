/** Ends every process of a stack, in order. */
import { endAll } from './process-table.js';
import type { StackState } from './stack-state.js';

const servers = new Set(['postgres', 'redis', 'nats']);

/** Resolves when all are gone. What they have stored stays. */
export async function endStack({ processes }: StackState, onProgress: (line: string) => void): Promise<void> {
  const all = Object.entries(processes);
  onProgress('stopping the services');
  // Workers hand their units back through the services, so they go first.
  await endAll(all.filter(([name]) => name.startsWith('migration-worker')).map(([, known]) => ({ known, politely: 'SIGTERM' })), 25_000);
  await endAll(all.filter(([name]) => !servers.has(name)).map(([, known]) => ({ known, politely: 'SIGTERM' })), 15_000);
  onProgress('stopping the servers');
  await endAll(all.filter(([name]) => servers.has(name)).map(([name, known]) => ({ known, politely: name === 'postgres' ? 'SIGINT' : 'SIGTERM' })), 10_000);
}
