/**
 * Seeds of a test that draws what happens: so many from `first` on. `TEST_SEEDS=2000+500` in the environment asks for those from 2000 on
 * instead: npm test stays short, and a hunt needs no other code.
 */
export function seeds(first: number, count: number): number[] {
  const asked = /^(\d+)\+(\d+)$/.exec(process.env['TEST_SEEDS'] ?? '');
  const [from, many] = asked === null ? [first, count] : [Number(asked[1]), Number(asked[2])];
  return Array.from({ length: many }, (_, index) => from + index);
}
