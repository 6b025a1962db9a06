import { fillIn } from './compose-files.js';

test('variables are filled in as compose does it, and a required one that is empty is refused', () => {
  expect(fillIn('postgres://u:${A}@h', { A: 'x' })).toBe('postgres://u:x@h');
  expect(fillIn('${A:-d}${A-d}${B:-d}${B-d}${C}', { A: '' })).toBe('ddd');
  expect(() => fillIn('${A:?is not set}', { A: '' })).toThrow('A is not set');
  expect(() => fillIn('${A:?is not set}', {})).toThrow('A is not set');
});
