/** A stretch of network that a test can cut: connections to a server, through a port of its own. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  /** Takes connections and keeps silent: what a hanging server looks like. */
  hang(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Passes connections on to `host:port`. */
export async function startTcpProxy(port: number, host = '127.0.0.1'): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let state: 'through' | 'cut' | 'silent' = 'through';
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    if (state === 'cut') {
      client.destroy();
      return;
    }
    const upstream = connect(port, host);
    keep(upstream);
    client.on('data', (chunk) => {
      if (state === 'through') upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (state === 'through') client.write(chunk);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      state = 'cut';
      drop();
    },
    hang: () => {
      state = 'silent';
    },
    mend: () => {
      // What was half sent in silence cannot be taken up again.
      if (state === 'silent') drop();
      state = 'through';
    },
    close: async () => {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
