import { createServer, type AddressInfo } from 'node:net';
import { freePort, portIsFree, serverPorts } from './ports.js';

test('a free port lies below the ports of outgoing connections, so that a server that stops finds it again', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  expect(ports.filter((port) => port < serverPorts.first || port >= serverPorts.last)).toEqual([]);
});

test('a port on which somebody listens is not free', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await portIsFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await portIsFree(port)).toBe(true);
});
