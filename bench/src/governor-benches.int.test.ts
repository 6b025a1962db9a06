/** The short form of the bench of shared budgets: it runs to its end and prints what it promises. How near the limits it comes is for a quiet machine to say. */
import { figuresOf } from './short-form.js';

test.each([
  ['governor-shared', ['governor-shared.two.used', 'governor-shared.two.unfair', 'governor-shared.three.used', 'governor-shared.three.unfair', 'governor-shared.refused', 'governor-shared.simulator-share']],
])(
  'bench %s prints each figure, and nothing goes beyond what is allowed',
  async (name, expected) => {
    const figures = await figuresOf(name);
    expect(figures.map((each) => each.name)).toEqual(expected);
    for (const { name: figure, value, unit, machine } of figures) {
      expect([unit, machine].every((text) => text !== '')).toBe(true);
      if (figure.endsWith('.used')) expect([value > 0, value <= 1.05]).toEqual([true, true]);
    }
  },
  180_000,
);
