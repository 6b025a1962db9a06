import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttp } from './http.js';
import { createLastHop } from './last-hop.js';

test('a large body arrives whole, with its length told before', async () => {
  const seen: { headers: unknown; body: Buffer }[] = [];
  const server = createServer((req, res) => {
    const pieces: Buffer[] = [];
    req.on('data', (piece: Buffer) => pieces.push(piece)).on('end', () => {
      seen.push({ headers: [req.headers['content-length'], req.headers['transfer-encoding']], body: Buffer.concat(pieces) });
      res.end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const http = createHttp(createLastHop(''));
  try {
    const body = Buffer.from(Array.from({ length: 1024 * 1024 + 7 }, (_each, n) => (n * 31) % 251));
    for (const headers of [{}, { 'content-length': String(body.length) }]) {
      const answer = await http.send({ method: 'PUT', url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/x`, headers, body, signal: undefined, timeoutMs: 5_000 });
      await answer.body.dump();
    }
    expect(seen.map(({ headers }) => headers)).toEqual([[String(body.length), undefined], [String(body.length), undefined]]);
    expect(seen.every((each) => each.body.equals(body))).toBe(true);
  } finally {
    await http.close();
    server.close();
  }
});
