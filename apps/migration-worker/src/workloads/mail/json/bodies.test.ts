import { markProperty } from '../mapi.js';
import { embeddedItemBody, fileAttachmentBody, placeholderBody } from './attachment-body.js';
import { contactBody } from './contact-body.js';
import { cancelledDays, eventBody, recurrenceBody, zoneOf } from './event-body.js';
import { mayHaveAttachments, messageBody } from './message-body.js';
import { taskFingerprint } from './task-body.js';
import { slices } from './upload-attachment.js';

const recipient = (address: string, name = address) => ({ emailAddress: { name, address } });

function properties(body: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries((body['singleValueExtendedProperties'] as { id: string; value: string }[]).map(({ id, value }) => [id, value]));
}

describe('a message', () => {
  const source = {
    '@odata.etag': 'W/"x"',
    id: 'id',
    changeKey: 'ck',
    conversationId: 'c',
    parentFolderId: 'p',
    webLink: 'https://x',
    subject: 'a\u0000b\u001fc\td',
    body: { contentType: 'html', content: '<p>x</p>' },
    from: recipient('a@x.example'),
    replyTo: [recipient('ok@x.example'), recipient('not an address'), recipient('/o=Org/ou=X/cn=Recipients/cn=a')],
    sentDateTime: '2024-05-01T09:00:00Z',
    receivedDateTime: '2024-05-01T09:00:03Z',
    isRead: true,
    isDraft: false,
    isReadReceiptRequested: true,
    isDeliveryReceiptRequested: true,
    importance: 'high',
    categories: ['Red'],
    flag: { flagStatus: 'flagged' },
  };

  test('is created as what it was: not a draft, with its own dates, read, flagged, marked as ours', () => {
    const body = messageBody(source, 'IPM.Note', 'mark');
    expect(properties(body)).toEqual({ 'Integer 0x0E07': '1', 'SystemTime 0x0039': '2024-05-01T09:00:00Z', 'SystemTime 0x0E06': '2024-05-01T09:00:03Z', [markProperty]: 'mark' });
    expect(body).toMatchObject({ importance: 'high', categories: ['Red'], flag: { flagStatus: 'flagged' }, isRead: true });
  });

  test('carries nothing that only the server may set, no control characters and no address Graph would refuse it for', () => {
    const body = messageBody(source, 'IPM.Note', 'mark');
    for (const key of ['id', '@odata.etag', 'changeKey', 'conversationId', 'parentFolderId', 'webLink', 'sentDateTime', 'isDraft']) expect(body).not.toHaveProperty([key]);
    expect(body['subject']).toBe('abc\td');
    expect(body['replyTo']).toEqual([recipient('ok@x.example'), recipient('/o=Org/ou=X/cn=Recipients/cn=a')]);
  });

  test('sends no receipt when its copy is opened', () => {
    expect(messageBody(source, 'IPM.Note', 'm')).toMatchObject({ isReadReceiptRequested: false, isDeliveryReceiptRequested: false });
  });

  test.each([
    [true, false, '1'],
    [false, false, '0'],
    [true, true, '9'],
    [false, true, '8'],
  ])('read %s, draft %s: flags %s', (isRead, isDraft, flags) => {
    expect(properties(messageBody({ ...source, isRead, isDraft }, 'IPM.Note', 'm'))['Integer 0x0E07']).toBe(flags);
  });

  test('keeps a class of its own below IPM.Note, and a meeting request becomes a plain message', () => {
    expect(properties(messageBody(source, 'IPM.Note.Custom', 'm'))['String 0x001A']).toBe('IPM.Note.Custom');
    expect(properties(messageBody(source, 'IPM.Schedule.Meeting.Request', 'm'))).not.toHaveProperty(['String 0x001A']);
  });

  test('may have attachments also when Graph says no, because inline pictures do not count there', () => {
    expect(mayHaveAttachments({ hasAttachments: false, body: { content: '<img src="cid:a@b">' } })).toBe(true);
    expect(mayHaveAttachments({ hasAttachments: false, body: { content: 'plain' } })).toBe(false);
  });
});

describe('an event', () => {
  const source = {
    id: 'id',
    iCalUId: 'u',
    transactionId: 't',
    subject: 'Review',
    body: { contentType: 'html', content: '<html><body><p>hi</p></body></html>' },
    start: { dateTime: '2025-01-06T09:00:00.0000000', timeZone: 'W. Europe Standard Time' },
    end: { dateTime: '2025-01-06T10:00:00.0000000', timeZone: 'W. Europe Standard Time' },
    attendees: [{ ...recipient('b@x.example', 'Bea <i>'), type: 'required' }],
    organizer: recipient('a@x.example', 'Al'),
    onlineMeeting: { joinUrl: 'https://teams.example/j' },
    isOnlineMeeting: true,
    recurrence: { pattern: { type: 'weekly', interval: 1, daysOfWeek: ['monday'], firstDayOfWeek: 'sunday', dayOfMonth: 0, month: 0, index: 'first' }, range: { type: 'endDate', startDate: '2025-01-06', endDate: '2025-12-31', recurrenceTimeZone: '', numberOfOccurrences: 0 } },
  };

  test('invites nobody: people and the meeting link are text', () => {
    const body = eventBody(source, 'mark');
    for (const key of ['attendees', 'organizer', 'iCalUId', 'transactionId', 'id', 'onlineMeeting']) expect(body).not.toHaveProperty([key]);
    expect(body['isOnlineMeeting']).toBe(false);
    expect((body['body'] as { content: string }).content).toBe('<html><body><p>hi</p><hr><p>Organizer: Al &lt;a@x.example&gt;<br>Attendees: Bea &lt;i&gt; &lt;b@x.example&gt;<br>Online meeting: https://teams.example/j</p></body></html>');
    expect(properties(body)).toEqual({ [markProperty]: 'mark' });
  });

  test('sends of its recurrence only what its pattern and range use', () => {
    expect(recurrenceBody(source.recurrence)).toEqual({ pattern: { type: 'weekly', interval: 1, daysOfWeek: ['monday'], firstDayOfWeek: 'sunday' }, range: { type: 'endDate', startDate: '2025-01-06', endDate: '2025-12-31' } });
    expect(recurrenceBody({ pattern: { type: 'relativeYearly', interval: 2, daysOfWeek: ['friday'], month: 3, index: 'last', dayOfMonth: 0 }, range: { type: 'numbered', startDate: '2025-03-28', numberOfOccurrences: 4, recurrenceTimeZone: 'UTC' } })).toEqual({
      pattern: { type: 'relativeYearly', interval: 2, daysOfWeek: ['friday'], month: 3, index: 'last' },
      range: { type: 'numbered', startDate: '2025-03-28', numberOfOccurrences: 4, recurrenceTimeZone: 'UTC' },
    });
    expect(recurrenceBody(null)).toBeNull();
  });

  test('is read in its own zone, or in UTC when Exchange has no name for that', () => {
    expect(zoneOf({ originalStartTimeZone: 'W. Europe Standard Time' })).toBe('W. Europe Standard Time');
    expect(zoneOf({ originalStartTimeZone: 'tzone://Microsoft/Custom' })).toBe('UTC');
    expect(zoneOf({})).toBe('UTC');
  });

  test('knows its cancelled days, also when its id has dots', () => {
    expect(cancelledDays(['OID.AA.B=.2025-02-03', 'nonsense', 7])).toEqual(['2025-02-03']);
  });
});

test('a contact always says how it is shown and filed, or Exchange would make that up', () => {
  expect(contactBody({ id: 'x', displayName: 'Zoë', givenName: null, emailAddresses: [] }, 'm')).toMatchObject({ displayName: 'Zoë', fileAs: 'Zoë' });
  expect(contactBody({ id: 'x', displayName: 'Zoë', parentFolderId: 'p' }, 'm')).not.toHaveProperty('parentFolderId');
});

test('tasks are the same when a person would say so, whatever their ids and the order of their fields', () => {
  const task = { id: '1', title: 'a', status: 'notStarted', body: { content: 'x', contentType: 'text' } };
  expect(taskFingerprint({ body: { contentType: 'text', content: 'x' }, title: 'a', status: 'notStarted', id: '2', createdDateTime: 'now' })).toBe(taskFingerprint(task));
  expect(taskFingerprint({ ...task, status: 'completed' })).not.toBe(taskFingerprint(task));
});

describe('an attachment', () => {
  test('without a name or content is still one', () => {
    expect(fileAttachmentBody({ name: null, contentBytes: null })).toEqual({ '@odata.type': '#microsoft.graph.fileAttachment', name: 'attachment', isInline: false, contentBytes: '' });
  });

  test('that is an item loses what only the server may set, and keeps what it is', () => {
    const body = embeddedItemBody('m', { '@odata.type': '#microsoft.graph.message', '@odata.etag': 'x', id: '1', isDraft: true, parentFolderId: 'p', internetMessageHeaders: [], subject: 's' });
    expect(body).toEqual({ '@odata.type': '#microsoft.graph.itemAttachment', name: 'm', item: { '@odata.type': '#microsoft.graph.message', subject: 's' } });
  });

  test('that cannot be copied is named in a note', () => {
    const body = placeholderBody('plan.docx', 'damaged at the source');
    expect(body['name']).toBe('plan.docx (not copied).txt');
    expect(Buffer.from(body['contentBytes'] as string, 'base64').toString()).toContain('"plan.docx" was not copied');
  });

  test.each([
    [10, [4, 4, 2]],
    [8, [4, 4]],
    [3, [3]],
    [0, []],
  ])('of %i bytes is cut in slices of at most 4 whatever the pieces', async (total, expected) => {
    const bytes = Buffer.from(Array.from({ length: total }, (_, index) => index));
    const pieces = (async function* () {
      for (let at = 0; at < total; at += 3) yield await Promise.resolve(bytes.subarray(at, at + 3));
    })();
    const cut: Uint8Array[] = [];
    for await (const slice of slices(pieces, 4)) cut.push(slice);
    expect(cut.map((slice) => slice.length)).toEqual(expected);
    expect(Buffer.concat(cut)).toEqual(bytes);
  });
});
