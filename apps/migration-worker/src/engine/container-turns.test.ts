import { ContainerTurns } from './container-turns.js';

const container = (key: string, itemCount: number | null, more: { afterOthers?: boolean; after?: string[] } = {}) => ({ container: { key, itemCount, ...more } });
const inOrder = async (work: ReturnType<typeof container>[]): Promise<string[]> => {
  const turns = new ContainerTurns(work);
  const order: string[] = [];
  for (let one = await turns.next(); one !== null; one = await turns.next()) {
    order.push(one.container.key);
    turns.complete(one);
  }
  return order;
};

test('the largest container is begun first, those of unknown size before it, and those that refer to others when all others are complete', async () => {
  const work = [container('settings', null), container('small', 3), container('huge', 90_000), container('middle', 200), container('empty', 0), container('rules', null, { afterOthers: true })];
  expect(await inOrder(work)).toEqual(['settings', 'huge', 'middle', 'small', 'empty', 'rules']);
});

test('a container waits for those it comes after, and only for those; what another pass completed is not waited for', async () => {
  const turns = new ContainerTurns([container('orders', 900, { after: ['customers', 'complete before'] }), container('customers', 5, { after: ['countries'] }), container('countries', 2)]);
  const countries = await turns.next();
  expect(countries?.container.key).toBe('countries');
  let begun: string | null = null;
  const second = turns.next().then((one) => {
    begun = one?.container.key ?? null;
    return one;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toBeNull();
  turns.complete(countries!);
  const customers = await second;
  expect(customers?.container.key).toBe('customers');
  turns.complete(customers!);
  expect((await turns.next())?.container.key).toBe('orders');
  expect(await turns.next()).toBeNull();
});

test('a ring of containers is told, and nobody waits for what will not come', async () => {
  await expect(inOrder([container('a', 1, { after: ['b'] }), container('b', 1, { after: ['a'] })])).rejects.toThrow('wait for each other');
  const turns = new ContainerTurns([container('a', 1), container('b', 1, { after: ['a'] })]);
  await turns.next();
  const waiting = turns.next();
  turns.end();
  expect(await waiting).toBeNull();
});
