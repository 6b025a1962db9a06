/** Reading small answers whole. */
import type { Readable } from 'node:stream';

/**
 * The bytes of a body that must be small and soon over: rejects when it has more than `bytesMax`, when a piece comes after `deadline`
 * (by performance.now()), and when it is cut. By events, because iterating over a stream costs more than all the rest of a small answer.
 */
export function readWhole(body: Readable, bytesMax: number, deadline: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    body.on('data', (piece: Buffer) => {
      bytes += piece.byteLength;
      pieces.push(piece);
      if (bytes > bytesMax) body.destroy(new Error(`The answer has more than ${bytesMax} bytes.`));
      else if (performance.now() > deadline) body.destroy(new Error('The answer does not come to its end.'));
    });
    body.once('end', () => {
      resolve(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces));
    });
    body.once('error', reject);
    body.once('close', () => {
      // After the end this changes nothing.
      reject(new Error('The answer was cut.'));
    });
  });
}
