import { PortTakenError, ServerStartError } from './child.js';
import { freePort } from './ports.js';

const taken = /address already in use|could not create any TCP\/IP sockets|port is already allocated/i;

/** Starts on `port`, or, when none is asked for, on a free one: on another again when a third program was quicker to take it. */
export async function onFreePort<T>(port: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
  if (port !== undefined) return start(port);
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      const wasTaken = error instanceof PortTakenError || (error instanceof ServerStartError && taken.test(error.logged));
      if (!wasTaken || tries === 5) throw error;
    }
  }
}
