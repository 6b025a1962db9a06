import { jsonClient, startTestSimulator, type Json, type JsonClient } from '../testing/json-client.js';

let c: JsonClient;
beforeAll(async () => {
  c = await jsonClient(await startTestSimulator(), 'mail', { seed: 'mail', messages: 60, mailFolders: 2, refusedReads: 1, refusedImports: 1, settings: false });
});
afterAll(async () => { await c.sim.close(); });

const id = (row: Json): string => encodeURIComponent(row['id'] as string);
const mark = 'String {8f1d2c3a-5b64-4e0b-9c37-1f6d0a7e4b21} Name MigSourceKey';

describe('creating from JSON', () => {
  test('without message flags it is a read draft of now; given dates in plain JSON are ignored', async () => {
    const made = await c.json('POST', '/mailFolders/inbox/messages', { subject: 'x', receivedDateTime: '2020-01-01T00:00:00Z', sentDateTime: '2020-01-01T00:00:00Z' });
    expect(made).toMatchObject({ isDraft: true, isRead: true, subject: 'x' });
    expect(Date.parse(made['receivedDateTime'] as string)).toBeGreaterThan(Date.UTC(2021, 0));
  });

  test('flags and dates given as MAPI properties in the create call stick', async () => {
    const made = await c.json('POST', '/mailFolders/inbox/messages', {
      subject: 'old', isRead: false, internetMessageId: '<a@x.example>',
      singleValueExtendedProperties: [{ id: 'Integer 0x0E07', value: '0' }, { id: 'SystemTime 0x0039', value: '2024-05-01T09:00:00Z' }, { id: 'SystemTime 0x0E06', value: '2024-05-01T09:00:03Z' }, { id: 'Integer 0x0036', value: '2' }],
    });
    expect(made).toMatchObject({ isDraft: false, isRead: false, sentDateTime: '2024-05-01T09:00:00Z', receivedDateTime: '2024-05-01T09:00:03Z', internetMessageId: '<a@x.example>' });
    const read = await c.json('GET', `/messages/${id(made)}?$select=id&$expand=singleValueExtendedProperties($filter=id eq 'integer 0x36' or id eq 'Integer 0x0e07')`);
    expect(read['singleValueExtendedProperties']).toEqual([{ id: 'Integer 0x36', value: '2' }, { id: 'Integer 0xe07', value: '0' }]);
  });

  test('whether it is a draft cannot be changed afterwards, in either direction', async () => {
    for (const [flags, isDraft] of [['1', false], ['9', true]] as const) {
      const made = await c.json('POST', '/messages', { subject: 'f', singleValueExtendedProperties: [{ id: 'Integer 0x0E07', value: flags }] });
      const patched = await c.json('PATCH', `/messages/${id(made)}`, { singleValueExtendedProperties: [{ id: 'Integer 0x0E07', value: isDraft ? '0' : '8' }] });
      expect(patched).toMatchObject({ isDraft, isRead: false });
    }
  });

  test.each([
    ['an unknown property', { nonsense: 1 }, 'RequestBodyRead'],
    ['a wrong type', { subject: 1 }, 'ErrorInvalidProperty'],
    ['a malformed extended property', { singleValueExtendedProperties: [{ id: 'What', value: 'x' }] }, 'ErrorInvalidProperty'],
    ['a custom header without x-', { internetMessageHeaders: [{ name: 'Subject', value: 'x' }] }, 'ErrorInvalidProperty'],
    ['a reply address that is none', { replyTo: [{ emailAddress: { address: 'nobody' } }] }, 'ErrorInvalidProperty'],
  ])('%s is refused', async (_name, body, code) => {
    expect(await c.call('POST', '/messages', { body })).toMatchObject({ status: 400, error: { code } });
  });

  test('MIME makes a draft received now and sent when it says, at mailbox level only', async () => {
    const raw = Buffer.from(Buffer.from('Subject: =?utf-8?B?w6Q=?=\r\nFrom: "A" <a@x.example>\r\nDate: Wed, 01 May 2024 09:00:00 +0000\r\nMessage-ID: <m@x.example>\r\n\r\nhi').toString('base64'));
    const made = await c.call('POST', '/messages', { raw, headers: { 'content-type': 'text/plain' } });
    expect(made).toMatchObject({ status: 201, json: { isDraft: true, subject: 'ä', sentDateTime: '2024-05-01T09:00:00Z', internetMessageId: '<m@x.example>' } });
    expect(await c.call('POST', '/mailFolders/inbox/messages', { raw, headers: { 'content-type': 'text/plain' } })).toMatchObject({ status: 400, error: { code: 'UnableToDeserializePostBody' } });
    expect(await c.call('POST', '/messages', { raw: Buffer.from('§§'), headers: { 'content-type': 'text/plain' } })).toMatchObject({ status: 400, error: { code: 'ErrorMimeContentInvalidBase64String' } });
  });

  test('a body over 4 MB is 413 without a body', async () => {
    expect(await c.call('POST', '/messages', { body: { subject: 'x'.repeat(4 * 1024 * 1024 + 1) } })).toMatchObject({ status: 413, text: '' });
  });

  test('a full mailbox says so', async () => {
    const before = c.mailbox.quotaBytes;
    c.mailbox.quotaBytes = 1;
    try {
      expect(await c.call('POST', '/messages', { body: { subject: 'x' } })).toMatchObject({ status: 507, error: { code: 'ErrorQuotaExceeded' } });
    } finally {
      c.mailbox.quotaBytes = before;
    }
  });
});

describe('reading', () => {
  test('a page has ten messages, and nextLinks lead through all of them once', async () => {
    const { value, pages } = await c.all('/mailFolders/sentitems/messages?$select=subject');
    expect(pages[0]).toBe(10);
    expect(new Set(value.map((row) => row['id'])).size).toBe(value.length);
    expect(value.length).toBe((await c.json('GET', '/mailFolders/sentitems'))['totalItemCount']);
    expect(Object.keys(value[0] ?? {}).sort()).toEqual(['@odata.etag', 'id', 'subject']);
  });

  test('ids in the answer are immutable when asked for, stay so over a move, and regular ones do not', async () => {
    const prefer = { headers: { Prefer: 'IdType="ImmutableId"' } };
    const made = await c.json('POST', '/messages', { subject: 'ids' });
    const fixed = await c.call('GET', `/messages/${id(made)}?$select=subject`, prefer);
    expect(fixed.headers['preference-applied']).toBe('IdType=ImmutableId');
    const moved = await c.json('POST', `/messages/${id(made)}/move`, { destinationId: 'archive' });
    expect(moved['id']).not.toBe(made['id']);
    expect(await c.call('GET', `/messages/${id(made)}`)).toMatchObject({ status: 404, error: { code: 'ErrorItemNotFound' } });
    expect(await c.call('GET', `/messages/${id(fixed.json ?? {})}`, prefer)).toMatchObject({ status: 200, json: { id: fixed.json?.['id'] } });
    const { value } = await c.json('POST', '/translateExchangeIds', { inputIds: [moved['id']], sourceIdType: 'restId', targetIdType: 'restImmutableEntryId' }, { status: 200 });
    expect(value).toEqual([{ sourceId: moved['id'], targetId: fixed.json?.['id'] }]);
  });

  test('a stamped property finds its message, whatever the case of the value', async () => {
    const made = await c.json('POST', '/mailFolders/inbox/messages', { subject: 'marked', singleValueExtendedProperties: [{ id: mark, value: 'Job/1' }] });
    const find = async (value: string): Promise<unknown> => (await c.json('GET', `/mailFolders/inbox/messages?$select=id&$filter=${encodeURIComponent(`singleValueExtendedProperties/any(ep:ep/id eq '${mark}' and ep/value eq '${value}')`)}`))['value'];
    expect(await find('job/1')).toEqual([expect.objectContaining({ id: made['id'] })]);
    expect(await find('job/2')).toEqual([]);
  });

  test('an order needs its properties first in the filter', async () => {
    const query = (filter: string): string => `/messages?$top=3&$select=receivedDateTime&$orderby=${encodeURIComponent('receivedDateTime desc')}&$filter=${encodeURIComponent(filter)}`;
    expect(await c.call('GET', query("importance eq 'normal'"))).toMatchObject({ status: 400, error: { code: 'InefficientFilter' } });
    const { value } = await c.json('GET', query("receivedDateTime ge 2020-01-01T00:00:00Z and importance eq 'normal'"));
    const dates = (value as Json[]).map((row) => row['receivedDateTime'] as string);
    expect(dates).toEqual([...dates].sort().reverse());
  });

  test('an item planted as damaged is 500 for good, and does not spoil the list it is in', async () => {
    const { value } = await c.all('/mailFolders/inbox/messages?$select=id&$top=1000');
    const statuses = await Promise.all(value.slice(0, 3).map(async (row) => [(await c.call('GET', `/messages/${id(row)}`)).error?.['code'], (await c.call('GET', `/messages/${id(row)}/attachments`)).status]));
    expect(statuses.filter(([code]) => code === 'ErrorItemCorrupt')).toEqual([['ErrorItemCorrupt', 500]]);
  });

  test('$value is the message as MIME', async () => {
    const made = await c.json('POST', '/messages', { subject: 'Grüße', body: { contentType: 'text', content: 'hallo' }, from: { emailAddress: { name: 'A', address: 'a@x.example' } } });
    const { headers, text } = await c.call('GET', `/messages/${id(made)}/$value`);
    expect(headers['content-type']).toBe('text/plain');
    expect(text).toContain('Subject: =?utf-8?B?R3LDvMOfZQ==?=');
    expect(text).toContain(Buffer.from('hallo').toString('base64'));
  });

  test.each([['/messages?$select=nonsense', 'BadRequest'], ['/messages?$unknown=1', 'BadRequest'], ['/messages/short', 'ErrorInvalidIdMalformed'], ["/messages?$expand=singleValueExtendedProperties", 'ErrorInvalidParameter']])('%s is 400 %s', async (path, code) => {
    expect(await c.call('GET', path)).toMatchObject({ status: 400, error: { code } });
  });

  test('a user without a mailbox is 404 MailboxNotEnabledForRESTAPI', async () => {
    c.mailbox.enabled = false;
    try {
      expect(await c.call('GET', '/messages')).toMatchObject({ status: 404, error: { code: 'MailboxNotEnabledForRESTAPI' } });
    } finally {
      c.mailbox.enabled = true;
    }
  });
});

test('a copy of an item that every destination refuses is refused', async () => {
  const dest = await jsonClient(c.sim, 'refuser');
  const { value } = await c.all('/mailFolders/inbox/messages?$select=id&$top=1000');
  for (const row of value.slice(0, 3)) {
    const read = await c.call('GET', `/messages/${id(row)}?$select=subject,internetMessageId`);
    if (read.status !== 200) continue;
    const answer = await dest.call('POST', '/messages', { body: { subject: read.json?.['subject'], internetMessageId: read.json?.['internetMessageId'] } });
    if (answer.status !== 201) {
      expect(answer).toMatchObject({ status: 413, error: { code: 'ErrorMessageSizeExceeded' } });
      return;
    }
  }
  throw new Error('The planted refusal was not met');
});

describe('folders', () => {
  test('a second folder of that name is 409 and can be found by its name', async () => {
    const made = await c.json('POST', '/mailFolders/inbox/childFolders', { displayName: "It's new" });
    expect(await c.call('POST', '/mailFolders/inbox/childFolders', { body: { displayName: "IT'S NEW" } })).toMatchObject({ status: 409, error: { code: 'ErrorFolderExists' } });
    const { value } = await c.json('GET', `/mailFolders/inbox/childFolders?$filter=${encodeURIComponent("displayName eq 'It''s new'")}`);
    expect((value as Json[]).map((row) => row['id'])).toEqual([made['id']]);
  });

  test('hidden folders show only when asked for, calendars never', async () => {
    await c.json('POST', '/mailFolders', { displayName: 'Secret', isHidden: true });
    const names = async (query: string): Promise<unknown[]> => (await c.all(`/mailFolders?$select=displayName${query}`)).value.map((row) => row['displayName']);
    expect(await names('')).not.toContain('Secret');
    expect(await names('&includeHiddenFolders=true')).toContain('Secret');
    expect(await names('&includeHiddenFolders=true')).not.toContain('Calendar');
  });

  test('unread counts follow what is written', async () => {
    const folder = await c.json('POST', '/mailFolders', { displayName: 'Counted' });
    const made = await c.json('POST', `/mailFolders/${id(folder)}/messages`, { isRead: false });
    expect(await c.json('GET', `/mailFolders/${id(folder)}`)).toMatchObject({ totalItemCount: 1, unreadItemCount: 1 });
    await c.json('PATCH', `/messages/${id(made)}`, { isRead: true });
    expect(await c.json('GET', `/mailFolders/${id(folder)}`)).toMatchObject({ totalItemCount: 1, unreadItemCount: 0 });
  });
});
