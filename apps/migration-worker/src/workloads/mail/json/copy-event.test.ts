import { mailboxOn, signal } from '../testing/build.js';
import { ScriptedPort } from '../testing/scripted-port.js';
import { readEvent, replaySeries, type SourceEvent } from './copy-event.js';

const zone = 'W. Europe Standard Time';
const at = (dateTime: string, timeZone = 'UTC') => ({ dateTime: `${dateTime}.0000000`, timeZone });

test('a series is read in its own zone, with its cancelled days and exceptions', async () => {
  const asked: Record<string, string>[] = [];
  const port = new ScriptedPort(({ query }) => {
    asked.push(query);
    if (query['$select'] === 'originalStartTimeZone') return { originalStartTimeZone: zone };
    if (query['$select'] === 'cancelledOccurrences') return { cancelledOccurrences: ['OID.A.2025-01-20'] };
    if (query['$expand'] !== undefined) return { exceptionOccurrences: [{ subject: 'moved', originalStart: '2025-01-13T08:00:00Z' }] };
    return { subject: 's', type: 'seriesMaster' };
  });
  expect(await readEvent(mailboxOn(port, 'source'), '/events/e', signal)).toEqual({ event: { subject: 's', type: 'seriesMaster' }, cancelled: ['2025-01-20'], exceptions: [{ subject: 'moved', originalStart: '2025-01-13T08:00:00Z' }], zone });
  expect(asked).toHaveLength(4);
});

test('a single event is not asked for a series', async () => {
  const port = new ScriptedPort(({ query }) => (query['$select'] === 'originalStartTimeZone' ? {} : { type: 'singleInstance' }));
  await readEvent(mailboxOn(port, 'source'), '/events/e', signal);
  expect(port.calls).toHaveLength(2);
});

describe('the copy of a series', () => {
  /** Mondays at nine in Vienna, eight o'clock UTC; the day of the zone decides, not that of UTC. */
  const mondays = ['2025-01-06', '2025-01-13', '2025-01-20', '2025-01-27'];
  const destination = () =>
    new ScriptedPort(({ method, query }) => {
      if (method !== 'GET') return {};
      const [from, to] = [Date.parse(query['startDateTime'] ?? ''), Date.parse(query['endDateTime'] ?? '')];
      return { value: mondays.filter((day) => Date.parse(`${day}T08:00:00Z`) >= from && Date.parse(`${day}T08:00:00Z`) < to).map((day) => ({ id: day, start: at(`${day}T08:00:00`) })) };
    });
  const series = (more: Partial<SourceEvent>): SourceEvent => ({ event: {}, cancelled: [], exceptions: [], zone, ...more });

  test('loses the cancelled days and changes the exceptions, and nothing else', async () => {
    const port = destination();
    const exceptions = [{ subject: 'moved', originalStart: '2025-01-13T08:00:00Z', start: at('2025-01-14T10:00:00', zone), end: at('2025-01-14T11:00:00', zone), attendees: [{ emailAddress: { name: 'B', address: 'b@x.example' } }] }];
    expect(await replaySeries(mailboxOn(port, 'dest'), '/events/m', series({ cancelled: ['2025-01-20', '2030-01-01'], exceptions }), signal)).toBe(true);
    const writes = port.calls.filter(({ method }) => method !== 'GET');
    expect(writes.map(({ method, path }) => `${method} ${path}`)).toEqual(['DELETE /users/dest-user/events/2025-01-20', 'PATCH /users/dest-user/events/2025-01-13']);
    expect(writes[1]?.body).toMatchObject({ subject: 'moved', start: at('2025-01-14T10:00:00', zone) });
    expect(writes[1]?.body).not.toHaveProperty('attendees');
  });

  test('is not whole when an exception has no place in it', async () => {
    expect(await replaySeries(mailboxOn(destination(), 'dest'), '/events/m', series({ exceptions: [{ subject: 'x', originalStart: '2025-01-14T08:00:00Z' }] }), signal)).toBe(false);
  });
});
