/** The measurement itself, small: that the rows it fills in are rows of the program, and that its work reaches the ledger. */
import { measureLedger } from './measure-ledger.js';

test('a filled ledger is found, claimed and completed through the program’s own code', async () => {
  const lines: string[] = [];
  const figures = await measureLedger({ short: true, rows: null, progress: (line) => lines.push(line) });
  expect(figures.map(({ name }) => name)).toEqual(['ledger.copy.20000', 'ledger.copy.20000-against-5000', 'ledger.look-up.20000-against-5000', 'ledger.heap-a-row', 'ledger.index-a-row', 'ledger.heap-only-completions']);
  for (const { value, baseline } of figures) expect(value > 0 && baseline > 0 && Number.isFinite(value / baseline)).toBe(true);
});
