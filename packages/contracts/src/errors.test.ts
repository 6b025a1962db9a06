import { z } from 'zod';
import { AppError, validationError } from './errors.js';

test('an answer names a hundred faults and counts the rest, however many the body has', () => {
  const { error } = z.array(z.string()).safeParse(Array.from({ length: 100_001 }, () => 0));
  const { errors } = validationError(error!);
  expect(errors).toHaveLength(101);
  expect(errors?.[0]?.path).toBe('0');
  expect(errors?.at(-1)).toEqual({ path: '', message: 'and 99901 more: correct these first' });
});

test('an answer does not grow with the names that the caller gave', () => {
  const { error } = z.strictObject({}).safeParse(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}${'x'.repeat(70_000)}`, 1])));
  expect(JSON.stringify(validationError(error!).errors).length).toBeLessThan(50 * 400);
});

test('few faults are named as they are', () => {
  expect(new AppError('VALIDATION_ERROR', { publicMessage: 'No.', errors: [{ path: 'a', message: 'b' }] }).errors).toEqual([{ path: 'a', message: 'b' }]);
});
