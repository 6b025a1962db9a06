import { jsonClient, startTestSimulator, type Json, type JsonClient } from '../testing/json-client.js';

let c: JsonClient;
beforeAll(async () => { c = await jsonClient(await startTestSimulator(), 'cal'); });
afterAll(async () => { await c.sim.close(); });

const id = (row: Json | undefined): string => encodeURIComponent(row?.['id'] as string);
const zone = 'W. Europe Standard Time';
const at = (dateTime: string, timeZone = zone): Json => ({ dateTime, timeZone });
const single = (subject: string, more: Json = {}): Json => ({ subject, start: at('2025-02-03T09:00:00'), end: at('2025-02-03T10:00:00'), ...more });
/** Mondays 09:00 in Berlin over the change to summer time on 30 March 2025. */
const weekly: Json = { ...single('weekly'), start: at('2025-03-17T09:00:00'), end: at('2025-03-17T10:00:00'), recurrence: { pattern: { type: 'weekly', interval: 1, daysOfWeek: ['monday'] }, range: { type: 'numbered', startDate: '2025-03-17', numberOfOccurrences: 4 } } };
const window = 'startDateTime=2025-03-01T00:00:00Z&endDateTime=2025-05-01T00:00:00Z';
const starts = (rows: Json[]): unknown[] => rows.map((row) => (row['start'] as Json)['dateTime']);

async function series(): Promise<{ master: Json; days: Json[] }> {
  const master = await c.json('POST', '/events', weekly);
  return { master, days: (await c.all(`/events/${id(master)}/instances?${window}`)).value };
}

describe('a series', () => {
  test('keeps its local hour over daylight saving and is listed once, as its master', async () => {
    const { master, days } = await series();
    expect(master).toMatchObject({ type: 'seriesMaster', originalStartTimeZone: zone, start: { dateTime: '2025-03-17T08:00:00.0000000', timeZone: 'UTC' } });
    expect(starts(days)).toEqual(['2025-03-17T08:00:00.0000000', '2025-03-24T08:00:00.0000000', '2025-03-31T07:00:00.0000000', '2025-04-07T07:00:00.0000000']);
    expect(days[0]).toMatchObject({ type: 'occurrence', seriesMasterId: master['id'] });
    const { value } = await c.all('/events?$select=type');
    expect(value.filter((row) => row['id'] === master['id'])).toHaveLength(1);
    expect(value.every((row) => row['type'] !== 'occurrence')).toBe(true);
    const local = await c.all(`/events/${id(master)}/instances?${window}&$select=start`, { headers: { Prefer: `outlook.timezone="${zone}"` } });
    expect(starts(local.value)).toEqual(['2025-03-17', '2025-03-24', '2025-03-31', '2025-04-07'].map((d) => `${d}T09:00:00.0000000`));
  });

  test('remembers deleted and changed days, and shows them only when asked', async () => {
    const { master, days } = await series();
    expect((await c.call('DELETE', `/events/${id(days[1])}`)).status).toBe(204);
    await c.json('PATCH', `/events/${id(days[2])}`, { subject: 'later', start: at('2025-03-31T15:00:00'), end: at('2025-03-31T16:00:00') });
    const now = (await c.all(`/events/${id(master)}/instances?${window}`)).value;
    expect(starts(now)).toEqual(['2025-03-17T08:00:00.0000000', '2025-03-31T13:00:00.0000000', '2025-04-07T07:00:00.0000000']);
    expect(now[1]).toMatchObject({ type: 'exception', subject: 'later', originalStart: '2025-03-31T07:00:00Z', id: days[2]?.['id'] });
    expect(await c.json('GET', `/events/${id(master)}`)).not.toHaveProperty('cancelledOccurrences');
    expect(await c.json('GET', `/events/${id(master)}?$select=cancelledOccurrences`)).toMatchObject({ cancelledOccurrences: [`OID.${master['id'] as string}.2025-03-24`] });
    expect(await c.json('GET', `/events/${id(master)}?$select=id&$expand=exceptionOccurrences`)).toMatchObject({ exceptionOccurrences: [{ id: days[2]?.['id'], subject: 'later' }] });
    expect((await c.call('GET', `/events/${id(days[1])}`)).status).toBe(404);
  });

  test.each([
    ['whose range does not begin on its day', { ...weekly, start: at('2025-03-18T09:00:00'), end: at('2025-03-18T10:00:00') }],
    ['with numbers its pattern does not use', { ...weekly, recurrence: { pattern: { type: 'daily', interval: 1, dayOfMonth: 0 }, range: { type: 'noEnd', startDate: '2025-03-17' } } }],
    ['with an empty time zone', { ...weekly, recurrence: { pattern: { type: 'daily', interval: 1 }, range: { type: 'noEnd', startDate: '2025-03-17', recurrenceTimeZone: '' } } }],
  ])('%s is refused', async (_name, body) => {
    expect(await c.call('POST', '/events', { body })).toMatchObject({ status: 400, error: { code: 'ErrorPropertyValidationFailure' } });
  });
});

test('a series planted as damaged cannot be read by way of its days either, and still shows in lists', async () => {
  const { master, days } = await series();
  const day = `/events/${id(days[1])}`;
  const [newest] = [...c.mailbox.items(c.mailbox.wellKnown('calendar')!)].slice(-1);
  c.mailbox.plantRefusal(newest!.item.key, { at: 'read', code: 'ErrorItemCorrupt' });
  for (const path of [`/events/${id(master)}`, day, `${day}/attachments`, `/events/${id(master)}/instances?${window}`]) expect(await c.call('GET', path)).toMatchObject({ status: 500, error: { code: 'ErrorItemCorrupt' } });
  expect((await c.all('/events?$select=subject')).value.map((row) => row['id'])).toContain(master['id']);
});

test('an all-day event keeps its dates in every zone', async () => {
  const made = await c.json('POST', '/events', { subject: 'day', isAllDay: true, start: at('2025-06-02T00:00:00'), end: at('2025-06-03T00:00:00') });
  expect(await c.json('GET', `/events/${id(made)}?$select=start`, undefined, { headers: { Prefer: 'outlook.timezone="Pacific Standard Time"' } })).toMatchObject({ start: { dateTime: '2025-06-02T00:00:00.0000000', timeZone: 'Pacific Standard Time' } });
  expect(await c.call('POST', '/events', { body: { subject: 'day', isAllDay: true, start: at('2025-06-02T09:00:00'), end: at('2025-06-03T00:00:00') } })).toMatchObject({ status: 400 });
});

test('creating, changing and deleting a meeting as its organizer is noted as mail sent; without attendees nothing is', async () => {
  const kinds = (): string[] => c.mailbox.outboundMail.splice(0).map((mail) => `${mail.kind} ${mail.to.join()}`);
  kinds();
  const who = (address: string): Json => ({ emailAddress: { name: address, address }, type: 'required' });
  const alone = await c.json('POST', '/events', single('alone'));
  await c.json('PATCH', `/events/${id(alone)}`, { subject: 'still alone' });
  await c.call('DELETE', `/events/${id(alone)}`);
  expect(kinds()).toEqual([]);
  const meeting = await c.json('POST', '/events', single('meeting', { attendees: [who('a@x.example')] }));
  expect(kinds()).toEqual(['invitation a@x.example']);
  await c.json('PATCH', `/events/${id(meeting)}`, { categories: ['Red'] });
  expect(kinds()).toEqual([]);
  await c.json('PATCH', `/events/${id(meeting)}`, { attendees: [who('b@x.example')] });
  expect(kinds()).toEqual(['invitation b@x.example', 'cancellation a@x.example']);
  await c.call('DELETE', `/events/${id(meeting)}`);
  expect(kinds()).toEqual(['cancellation b@x.example']);
});

test('a transactionId makes one event, and cannot be changed; the iCalUId is the server’s', async () => {
  const made = await c.json('POST', '/events', single('once', { transactionId: 't-1', iCalUId: 'mine' }));
  expect(made['iCalUId']).not.toBe('mine');
  expect(await c.call('POST', '/events', { body: single('again', { transactionId: 't-1' }) })).toMatchObject({ status: 409, error: { code: 'ErrorDuplicateTransactionId' } });
  expect((await c.call('PATCH', `/events/${id(made)}`, { body: { transactionId: 't-2' } })).status).toBe(400);
});

test('a property that events do not have is taken for an extension and refused', async () => {
  expect(await c.call('POST', '/events', { body: single('x', { uid: '1' }) })).toMatchObject({ status: 400, error: { message: 'Requests must contain extension changes exclusively.' } });
});

test('calendars of one name are refused; events of another calendar stay in it', async () => {
  const team = await c.json('POST', '/calendars', { name: 'Team' });
  expect(await c.call('POST', '/calendars', { body: { name: 'team' } })).toMatchObject({ status: 409, error: { code: 'ErrorFolderExists' } });
  const made = await c.json('POST', `/calendars/${id(team)}/events`, single('theirs'));
  expect((await c.all(`/calendars/${id(team)}/events`)).value.map((row) => row['id'])).toEqual([made['id']]);
  expect((await c.all('/calendar/events')).value.map((row) => row['id'])).not.toContain(made['id']);
});

describe('the delta of a calendar view', () => {
  test('gives masters and days page by page, then what changed', async () => {
    const team = await c.json('POST', '/calendars', { name: 'Delta' });
    const place = `/calendars/${id(team)}`;
    const master = await c.json('POST', `${place}/events`, weekly);
    const lone = await c.json('POST', `${place}/events`, { ...single('lone'), start: at('2025-04-01T09:00:00'), end: at('2025-04-01T10:00:00') });
    const first = await c.all(`${place}/calendarView/delta?${window}`, { headers: { Prefer: 'odata.maxpagesize=4' } });
    expect(first.pages).toEqual([4, 2]);
    expect(first.value.map((row) => row['type']).sort()).toEqual(['occurrence', 'occurrence', 'occurrence', 'occurrence', 'seriesMaster', 'singleInstance']);
    expect((await c.all(first.deltaLink)).value).toEqual([]);
    await c.call('DELETE', `/events/${id(lone)}`);
    const [, second] = (await c.all(`/events/${id(master)}/instances?${window}`)).value;
    await c.call('DELETE', `/events/${id(second)}`);
    const next = await c.all(first.deltaLink);
    const removed = next.value.filter((row) => '@removed' in row).map((row) => row['id']);
    expect(removed.sort()).toEqual([lone['id'], second?.['id']].sort());
    expect(next.value.filter((row) => row['type'] === 'occurrence')).toHaveLength(3);
  });

  test('takes the window and nothing else, and forgets', async () => {
    expect((await c.call('GET', `/calendarView/delta?${window}&$select=subject`)).status).toBe(400);
    expect(await c.call('GET', '/calendarView/delta')).toMatchObject({ status: 400, error: { code: 'ErrorInvalidParameter' } });
    const { deltaLink } = await c.all(`/calendarView/delta?${window}`);
    c.mailbox.expireDeltaTokens();
    const gone = await c.call('GET', deltaLink);
    expect(gone).toMatchObject({ status: 410, error: { code: 'SyncStateNotFound' } });
    expect((await c.all(gone.headers.location ?? '')).value).toEqual((await c.all(`/calendarView/delta?${window}`)).value);
  });

  test('has tokens that are good for its own calendar alone', async () => {
    const other = await c.json('POST', '/calendars', { name: 'Elsewhere' });
    const { deltaLink } = await c.all(`/calendarView/delta?${window}`);
    const token = new URL(deltaLink).searchParams.get('$deltatoken') ?? '';
    expect(await c.call('GET', `/calendars/${id(other)}/calendarView/delta?$deltatoken=${token}`)).toMatchObject({ status: 400, error: { code: 'SyncStateInvalid' } });
  });

  test('is refused when the mailbox is over its quota', async () => {
    const before = c.mailbox.quotaBytes;
    c.mailbox.quotaBytes = 0;
    try {
      expect(await c.call('GET', `/calendarView/delta?${window}`)).toMatchObject({ status: 507, error: { code: 'ErrorQuotaExceeded' } });
    } finally {
      c.mailbox.quotaBytes = before;
    }
  });
});
