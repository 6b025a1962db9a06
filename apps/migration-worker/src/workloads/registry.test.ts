import { FakeWorld, fakeWorkload, noFaults } from '../testing/fake-workload.js';
import { registry } from './registry.js';

const email = fakeWorkload(new FakeWorld(), noFaults());

test('every name of the contract stands in the registry exactly once, or the worker does not boot', () => {
  expect([...registry([email], ['SHAREPOINT', 'ONEDRIVE', 'TEAMS']).keys()]).toEqual(['EMAIL']);
  expect(() => registry([email], ['SHAREPOINT', 'ONEDRIVE'])).toThrow('TEAMS has 0 entries');
  expect(() => registry([email, email], ['SHAREPOINT', 'ONEDRIVE', 'TEAMS'])).toThrow('EMAIL has 2 entries');
  expect(() => registry([email], ['EMAIL', 'SHAREPOINT', 'ONEDRIVE', 'TEAMS'])).toThrow('EMAIL has 2 entries');
});
