/** Reading answers whole. */
import type { Readable } from 'node:stream';

/**
 * The bytes of a body that is held whole and soon over: rejects when it has more than `bytesMax`, when a piece comes after `deadline`
 * (by performance.now()), and when it is cut. By events, because iterating over a stream costs more than all the rest of a small answer.
 */
export function readWhole(body: Readable, bytesMax: number, deadline: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  return received(body, bytesMax, deadline, (piece) => pieces.push(piece)).then(() => (pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)));
}

/** The same, into memory that is there: as much as fits. Each piece is gone as soon as it was copied, and none grows old. */
export async function readInto(body: Readable, into: Buffer, deadline: number): Promise<Buffer> {
  let end = 0;
  await received(body, into.length, deadline, (piece) => (end += piece.copy(into, end)));
  return into.subarray(0, end);
}

function received(body: Readable, bytesMax: number, deadline: number, take: (piece: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    body.on('data', (piece: Buffer) => {
      bytes += piece.byteLength;
      if (bytes > bytesMax) body.destroy(new Error(`The answer has more than ${bytesMax} bytes.`));
      else if (performance.now() > deadline) body.destroy(new Error('The answer does not come to its end.'));
      else take(piece);
    });
    body.once('end', resolve);
    body.once('error', reject);
    body.once('close', () => {
      // After the end this changes nothing.
      reject(new Error('The answer was cut.'));
    });
  });
}
