/** The plain port as an HTTPS proxy to itself: a client that is told of it by HTTPS_PROXY reaches the production hosts by their own names, over TLS. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Answers CONNECT for hosts that are simulated by handing the connection over to the TLS listener; nobody else is reached. */
export function tunnelTo(tls: Server, knows: (host: string) => boolean): (req: IncomingMessage, socket: Socket, head: Buffer) => void {
  return (req, socket, head) => {
    // A client that goes away in the middle.
    socket.on('error', () => undefined);
    const [host = '', port] = (req.url ?? '').toLowerCase().split(':');
    if (port !== '443' || !knows(host)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    tls.emit('connection', socket);
  };
}
