import { isSameMachine, machineKeys } from './machine.js';

const machine = (hostname: string, domain: string, serial?: string) => machineKeys({ hostname, domain, serial });

test.each([
  ['the same serial number under another name', machine('old', 'a.local', 'S1'), machine('new', 'b.local', 's1 '), true],
  ['another serial number under the same name', machine('pc', 'a.local', 'S1'), machine('pc', 'a.local', 'S2'), false],
  ['the same name without serial numbers', machine('PC', 'A.local'), machine('pc', 'a.LOCAL'), true],
  ['the same name, one with a serial number', machine('pc', 'a.local', 'S1'), machine('pc', 'a.local'), true],
  ['another domain', machine('pc', 'a.local'), machine('pc', 'b.local'), false],
  ['a serial number that firmware makes up', machine('pc1', 'a.local', 'To be filled by O.E.M.'), machine('pc2', 'a.local', 'To Be Filled By O.E.M.'), false],
  ['zeros for a serial number', machine('pc1', 'a.local', '0000-0000'), machine('pc2', 'a.local', '0000-0000'), false],
])('%s', (_what, a, b, same) => {
  expect(isSameMachine(a, b)).toBe(same);
  expect(isSameMachine(b, a)).toBe(same);
});
