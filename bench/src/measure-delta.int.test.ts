/** The short forms: everything is found, nothing is copied twice, and what changed is copied. */
import { measureDeltaFiles } from './measure-delta-files.js';
import { measureDeltaFew } from './measure-delta.js';

test('delta passes over a mailbox that was copied ask by the folder, and by the item only for what changed', async () => {
  const lines: string[] = [];
  const figures = await measureDeltaFew({ short: true, rows: null, progress: (line) => lines.push(line) });
  expect(figures.map(({ name }) => name)).toEqual(['delta-unchanged.requests-a-folder', 'delta-unchanged.time', 'delta-unchanged.worker-memory', 'delta-few.requests-a-changed-item', 'delta-few.ledger-rows-a-changed-item', 'delta-few.time', 'delta-few.worker-memory']);
  // Times are for a quiet machine to judge; counts and memory are the same on a busy one.
  expect(figures.filter(({ unit }) => unit !== 's').map(({ name, met }) => [name, met])).toEqual(figures.filter(({ unit }) => unit !== 's').map(({ name }) => [name, true]));
}, 180_000);

test('a second pass over a drive that was copied asks for one page of delta, and its first for each page once', async () => {
  const figures = await measureDeltaFiles({ short: true, rows: null, progress: () => undefined });
  expect(figures.filter(({ unit }) => unit !== 's').map(({ name, met }) => [name, met])).toEqual(['requests', 'worker-memory', 'first-pass-memory'].map((name) => [`delta-unchanged-files.${name}`, true]));
}, 180_000);
