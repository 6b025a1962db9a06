import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { differenceCauses, itemFailures, skipCauses, unitFailures } from '@migrator/contracts/outcomes';

test('every code that a report can show has a page that explains it', () => {
  const pages = new Set(readdirSync(join(__dirname, '../../../../../docs/errors')));
  const missing = Object.keys({ ...skipCauses, ...itemFailures, ...unitFailures, ...differenceCauses }).filter((code) => !pages.has(`${code}.md`));
  expect(missing).toEqual([]);
});
