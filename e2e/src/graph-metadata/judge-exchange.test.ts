import { judgeExchange, type Exchange } from './judge-exchange.js';
import { Metadata } from './metadata.js';

const site = 'https://graph.microsoft.com/v1.0/sites/contoso.sharepoint.com,1,2';
const context = { '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#x' };
const metadata = Metadata.read();
const judged = (exchange: Partial<Exchange>): string[] => judgeExchange(metadata, { method: 'GET', url: site, status: 200, ...exchange }).map(({ kind, about }) => `${kind} ${about}`);

test('an exchange as Microsoft describes it is let pass, and every way of being another is seen', () => {
  const item = { id: '1', createdDateTime: '2026-01-02T03:04:05Z', contentType: { id: '0x01', name: 'Item' } };
  const items = `${site}/lists/Tasks/items`;
  expect(judged({ url: `${items}?$select=id,createdDateTime,contentType&$expand=fields($select=Title)`, body: { ...context, value: [{ ...item, fields: { Title: 'a' } }], '@odata.nextLink': `${items}?$skiptoken=x` } })).toEqual([]);
  expect(judged({ method: 'POST', url: 'https://graph.microsoft.com/v1.0/drives/b!x/items/01A:/a%20b.txt:/createUploadSession', requestBody: { item: { fileSystemInfo: {} } }, body: { ...context, uploadUrl: 'https://x', nextExpectedRanges: ['0-'] } })).toEqual([]);
  expect(judged({ method: 'PUT', url: 'https://graph.microsoft.com/v1.0/drives/b!x/items/01A:/a.txt:/content', status: 201, body: {} })).toEqual([]);
  expect(judged({ url: `${site}/nowhere` })).toEqual(['path site/nowhere']);
  expect(judged({ url: `${items}?$select=id`, body: { value: [item] } })).toEqual(['context [listItem]', 'not-selected listItem.createdDateTime', 'not-selected listItem.contentType']);
  expect(judged({ url: items, body: { ...context, value: [{ ...item, colour: 'red', fields: {} }, { createdDateTime: 'today' }], '@odata.nextLink': '/next' } })).toEqual(['link [listItem] @odata.nextLink', 'property listItem.colour', 'not-expanded listItem.fields', 'type DateTimeOffset', 'no-id listItem']);
  expect(judged({ method: 'POST', url: `${site}/columns`, status: 201, requestBody: { name: 'a', type: 'text', text: { length: 5 }, hidden: 'yes' }, body: { ...context, id: 'c', type: 'words', displayName: 7 } })).toEqual(['property textColumn.length', 'type Boolean', 'member columnTypes: words', 'type String']);
  expect(judged({ method: 'PUT', url: `${site}/columns`, status: 204 })).toEqual(['method PUT /sites/{site-id}/columns']);
  expect(judged({ method: 'POST', url: 'https://graph.microsoft.com/v1.0/drives/b!x/items/01A/invite', requestBody: { recipients: null, who: 'x' }, body: { ...context, value: null } })).toEqual(['null [driveRecipient]', 'parameter invite(who)', 'type value of [permission]']);
  expect(judged({ status: 404, body: { error: { code: 'itemNotFound' } } })).toEqual(['error-shape error']);
});
