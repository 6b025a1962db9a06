import { jsonClient, startTestSimulator, type Json, type JsonClient } from '../testing/json-client.js';

let c: JsonClient;
beforeAll(async () => { c = await jsonClient(await startTestSimulator(), 'stamps'); });
afterAll(async () => { await c.sim.close(); });

const at = { dateTime: '2025-02-03T09:00:00', timeZone: 'UTC' };

test.each([['/messages', { subject: 's' }], ['/events', { subject: 's', start: at, end: at }], ['/contacts', { displayName: 's' }]])('a stamped property finds what was made in %s, and nothing else', async (place, body) => {
  const guid = '{8f1d2c3a-5b64-4e0b-9c37-1f6d0a7e4b21}';
  const stamped = (value: string): Json => ({ singleValueExtendedProperties: [{ id: `String ${guid} Name MigSourceKey`, value }, { id: `Integer ${guid} Name Round`, value: '7' }] });
  const make = (value: string): Promise<Json> => c.json('POST', place, { ...body, ...stamped(value) });
  const made = await make('Job/1');
  const other = await make('Job/2');
  const find = async (condition: string): Promise<unknown[]> => (await c.all(`${place}?$select=id&$filter=${encodeURIComponent(`singleValueExtendedProperties/any(ep:${condition})`)}`)).value.map((row) => row['id']);
  expect(await find(`ep/id eq 'String ${guid} Name MigSourceKey' and ep/value eq 'job/1'`)).toEqual([made['id']]);
  expect(await find(`ep/id eq 'Integer ${guid.toUpperCase()} Name Round' and cast(ep/value, Edm.Int32) ge 7`)).toEqual([made['id'], other['id']]);
  expect(await find(`ep/id eq 'Integer ${guid} Name round' and cast(ep/value, Edm.Int32) ge 7`)).toEqual([]);
  expect(await c.call('GET', `${place}?$filter=${encodeURIComponent("singleValueExtendedProperties/any(ep:ep/id eq 'Binary 0x300B' and ep/value eq 'x')")}`)).toMatchObject({ status: 400, error: { code: 'ErrorInvalidParameter' } });
});
