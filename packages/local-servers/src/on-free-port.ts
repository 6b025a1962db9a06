import { PortTakenError, ServerStartError } from './child.js';
import { freePort } from './ports.js';

const taken = /address already in use|could not create any TCP\/IP sockets|port is already allocated/i;

/** Whether a server did not start because another program had its port. */
export const portWasTaken = (error: unknown): boolean => error instanceof PortTakenError || (error instanceof ServerStartError && taken.test(error.logged));

/** Starts on `port`, or, when none is asked for, on a free one: on another again when a third program was quicker to take it. */
export async function onFreePort<T>(port: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
  if (port !== undefined) return start(port);
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (!portWasTaken(error) || tries === 5) throw error;
    }
  }
}
