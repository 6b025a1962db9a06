import { differenceCauses, itemFailures, retriedSkips, skipCauses, unitFailures } from './outcomes.js';

test('what a retry pass takes up are the skips whose remedy sends people to one', () => {
  expect([...retriedSkips].sort()).toEqual(Object.entries(skipCauses).flatMap(([code, { remedy }]) => (remedy.includes('run a retry pass') ? [code] : [])).sort());
});

test('no remedy sends people to what the API refuses: a job that has ended is not resumed, and what somebody deleted is not copied anew', () => {
  const remedies = Object.entries({ ...skipCauses, ...itemFailures, ...unitFailures, ...differenceCauses }).map(([code, { remedy }]) => `${code}: ${remedy}`);
  expect(remedies.filter((each) => /resume|delete the copy/i.test(each))).toEqual([]);
});
