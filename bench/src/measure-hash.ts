/** How fast files are hashed: quickXorHash of fragments as the worker reads them, on one core, against a plain copy of the same buffers. */
import { fragmentBytes, QuickXorHash } from '@migrator/migration-worker/measuring';
import { figure, median } from './figure.js';
import type { Measure } from './measure.js';

const wantedGb = 1;
/** More than any processor's caches hold: what is hashed comes from memory, as what was received does. */
const fragments = 16;

export const measureHash: Measure = ({ short, progress }) => {
  const pieces = Array.from({ length: fragments }, (_each, n) => Buffer.alloc(fragmentBytes, `fragment ${n}`));
  const target = Buffer.alloc(fragmentBytes);
  const gigabytesASecond = (work: (piece: Buffer) => void): number => {
    const began = performance.now();
    for (const piece of pieces) work(piece);
    return (fragments * fragmentBytes) / 1e6 / (performance.now() - began);
  };
  const speeds: Record<'hash' | 'copy', number[]> = { hash: [], copy: [] };
  for (let round = 0; round < (short ? 4 : 24); round += 1) {
    const hash = new QuickXorHash();
    speeds.hash.push(gigabytesASecond((piece) => hash.update(piece)));
    speeds.copy.push(gigabytesASecond((piece) => piece.copy(target)));
    if (hash.length !== fragments * fragmentBytes) throw new Error('Not everything was hashed.');
  }
  // The first rounds run before the compiler has seen what is called often.
  const [hash, copy] = [median(speeds.hash.slice(2)), median(speeds.copy.slice(2))];
  progress(`${fragments} fragments of ${fragmentBytes / 1024 ** 2} MB a round; slowest round ${Math.min(...speeds.hash.slice(2)).toFixed(2)} GB/s`);
  return Promise.resolve([figure('hash.quick-xor', hash, 'GB/s', copy, { says: `≥ ${wantedGb} GB/s`, reached: hash >= wantedGb })]);
};
