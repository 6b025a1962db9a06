/** The suite over the workload in memory: shows that the suite itself holds together. */
import { describeWorkload } from './describe-workload.js';
import { FakeWorld, fakeWorkload, noFaults } from './fake-workload.js';

describeWorkload('in memory', () => {
  const world = new FakeWorld();
  for (const path of ['Inbox', 'Inbox/Projects', 'Sent'])
    for (let item = 0; item < 12; item++) world.put(path, `${path} ${item}`, { matchKey: item < 3 ? 'twin' : `${path} ${item}` });
  const faults = noFaults();
  return Promise.resolve({
    workload: fakeWorkload(world, faults),
    ports: undefined,
    scope: {},
    source: () => Promise.resolve(new Map([...world.source.keys()].map((path) => [path, world.expected(path)]))),
    destination: () => Promise.resolve(new Map([...world.destination.keys()].map((path) => [path, world.actual(path)]))),
    writes: () => Promise.resolve(world.calls.written),
    change: () => {
      world.put('Inbox', 'Inbox 5');
      world.put('Sent', 'Sent new');
      return Promise.resolve(37);
    },
    move: () => {
      world.move('Inbox', 'Inbox 5', 'Sent');
      return Promise.resolve();
    },
    remove: () => {
      world.remove('Sent', 'Sent 7');
      return Promise.resolve();
    },
    touchCopy: () => {
      world.touch('Sent', 'Sent 7');
      return Promise.resolve();
    },
    loseAnswers: (count) => {
      let left = count;
      // The first number decides whether the answer is lost, the second whether the write happened all the same.
      faults.lostAnswers = 1;
      faults.random = () => {
        if (left <= 0) faults.lostAnswers = 0;
        left -= 0.5;
        return 0.9;
      };
      return Promise.resolve();
    },
    damage: (kind) => {
      const copies = world.destination.get('Inbox/Projects')!;
      const copy = copies.at(-1)!;
      if (kind === 'change') Object.assign(copy, { content: 'other', version: copy.version + 1 });
      if (kind === 'remove') copies.pop();
      if (kind === 'double') copies.push({ ...copy, id: 'doubled' });
      if (kind === 'own') copies.push({ id: 'own', version: 1, matchKey: 'nobody has it', mark: '', content: 'own', inside: null, refersTo: [] });
      return Promise.resolve({ container: 'Inbox/Projects' });
    },
    forgetCheckpoints: () => {
      faults.expiries = 3;
      return Promise.resolve();
    },
    onStep: (step) => {
      faults.step = step;
    },
    close: () => Promise.resolve(),
  });
});
