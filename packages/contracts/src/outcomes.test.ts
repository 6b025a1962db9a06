import { retriedSkips, skipCauses } from './outcomes.js';

test('what a retry pass takes up are the skips whose remedy sends people to one', () => {
  expect([...retriedSkips].sort()).toEqual(Object.entries(skipCauses).flatMap(([code, { remedy }]) => (remedy.includes('run a retry pass') ? [code] : [])).sort());
});
