import { rounds } from './run-pass.js';

const container = (itemCount: number | null, afterOthers?: boolean) => ({ container: { itemCount, ...(afterOthers === undefined ? {} : { afterOthers }) } });

test('the largest container is begun first, those of unknown size before it, and those that refer to others when all others are complete', () => {
  const [settings, small, huge, middle, empty, rules] = [container(null), container(3), container(90_000), container(200), container(0), container(null, true)];
  expect(rounds([settings, small, huge, middle, empty, rules])).toEqual([[settings, huge, middle, small, empty], [rules]]);
});
