import { jsonClient, startTestSimulator, type Json, type JsonClient } from '../testing/json-client.js';

let c: JsonClient;
let lists: string;
beforeAll(async () => {
  c = await jsonClient(await startTestSimulator(), 'todo');
  lists = '/todo/lists';
});
afterAll(async () => { await c.sim.close(); });

const id = (row: Json | undefined): string => encodeURIComponent(row?.['id'] as string);

test('the default list comes first and cannot be deleted', async () => {
  const [first] = (await c.all(lists)).value;
  expect(first).toMatchObject({ wellknownListName: 'defaultList', isOwner: true });
  expect((await c.call('DELETE', `${lists}/${id(first)}`)).status).toBe(400);
});

test('a task keeps what was sent, its steps and its links; finishing it sets the time', async () => {
  const list = await c.json('POST', lists, { displayName: 'Mine' });
  const tasks = `${lists}/${id(list)}/tasks`;
  const task = await c.json('POST', tasks, { title: 't', importance: 'high', dueDateTime: { dateTime: '2025-06-02T00:00:00', timeZone: 'UTC' }, linkedResources: [{ webUrl: 'https://x.example', applicationName: 'a', displayName: 'd' }] });
  const step = await c.json('POST', `${tasks}/${id(task)}/checklistItems`, { displayName: 'one' });
  expect(await c.json('PATCH', `${tasks}/${id(task)}/checklistItems/${id(step)}`, { isChecked: true })).toMatchObject({ isChecked: true, checkedDateTime: expect.any(String) });
  expect((await c.all(`${tasks}/${id(task)}/linkedResources`)).value).toMatchObject([{ webUrl: 'https://x.example' }]);
  expect(await c.json('PATCH', `${tasks}/${id(task)}`, { status: 'completed' })).toMatchObject({ status: 'completed', importance: 'high', completedDateTime: { timeZone: 'UTC' } });
});

test('tasks and lists have deltas', async () => {
  const list = await c.json('POST', lists, { displayName: 'Watched' });
  const { deltaLink } = await c.all(`${lists}/${id(list)}/tasks/delta`);
  const task = await c.json('POST', `${lists}/${id(list)}/tasks`, { title: 'new' });
  const next = await c.all(deltaLink);
  expect(next.value).toMatchObject([{ id: task['id'], title: 'new' }]);
  await c.call('DELETE', `${lists}/${id(list)}/tasks/${id(task)}`);
  expect((await c.all(next.deltaLink)).value).toMatchObject([{ id: task['id'], '@removed': { reason: 'deleted' } }]);
  const all = await c.all(`${lists}/delta`);
  await c.call('DELETE', `${lists}/${id(list)}`);
  expect((await c.all(all.deltaLink)).value).toMatchObject([{ id: list['id'], '@removed': { reason: 'deleted' } }]);
});
