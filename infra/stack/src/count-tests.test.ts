import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The script is plain JavaScript without a build: it is run as it is. */
const count = (report: unknown, exitedWell: boolean): { passed: number; failed: number } =>
  JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', `import { countTests } from ${JSON.stringify(join(process.cwd(), 'scripts/count-tests.mjs'))}; console.log(JSON.stringify(countTests(${JSON.stringify(report)}, ${exitedWell})))`], { encoding: 'utf8' })) as { passed: number; failed: number };
const report = (changes: Record<string, unknown> = {}) => ({ numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [], ...changes });

test('skipped and planned tests, files that do not load, and a run that ends badly all count as failed', () => {
  expect(count(report(), true)).toEqual({ passed: 5, failed: 0 });
  expect(count(report({ numPendingTests: 1, numTodoTests: 1, numFailedTests: 1 }), false)).toEqual({ passed: 5, failed: 3 });
  expect(count(report({ testResults: [{ status: 'failed', assertionResults: [] }] }), false)).toEqual({ passed: 5, failed: 1 });
  expect(count(report(), false)).toEqual({ passed: 5, failed: 1 });
  expect(count(null, false)).toEqual({ passed: 0, failed: 1 });
});
