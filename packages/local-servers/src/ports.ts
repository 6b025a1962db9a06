/** Ports on loopback. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports below the ranges from which systems take the local end of outgoing connections (Linux 32768, macOS and Windows 49152): a
 * server that is stopped for a moment finds its port free when it comes back, because no connection of anybody lands on it.
 */
export const serverPorts = { first: 20_000, last: 32_000 } as const;
const triesMax = 200;

/** A TCP port on loopback, out of {@link serverPorts}, that was free a moment ago. Random, so that programs side by side seldom meet. */
export async function freePort(): Promise<number> {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const port = randomInt(serverPorts.first, serverPorts.last);
    if (await portIsFree(port)) return port;
  }
  throw new Error(`Of the ports ${serverPorts.first} to ${serverPorts.last} on loopback, ${triesMax} were tried and none was free.`);
}

/** Whether nobody listens on it just now. */
export async function portIsFree(port: number): Promise<boolean> {
  try {
    await listenOnce(port);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
}

function listenOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve();
      });
    });
  });
}
