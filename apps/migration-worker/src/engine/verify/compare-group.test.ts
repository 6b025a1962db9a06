import { compareGroup, type PrintGroup, type Verdict } from './compare-group.js';
import { FieldHashes } from './field-hashes.js';
import { printFlags, type StoredPrint } from './verify-store.js';

const hashes = new FieldHashes(['subject', 'body', 'isRead']);
const print = (id: string, fields: Record<string, string>, given: { flags?: number; lesser?: Record<string, string> } = {}): StoredPrint => ({
  ...{ id, kind: 'thing', bytes: 1, flags: given.flags ?? 0, mark: null, key: 'k', versionHash: '0', matchHash: '0' },
  ...{ fields: Buffer.from(hashes.encode(fields), 'hex'), lesser: Buffer.from(hashes.encode(given.lesser ?? fields), 'hex') },
});
const group = (given: Partial<PrintGroup>): PrintGroup => ({ sourceItems: [], sourceDetails: [], destItems: [], destDetails: [], ...given });
const told = (given: Partial<PrintGroup>, placeFields: readonly string[] = []): string[] => [...compareGroup(group(given), hashes, new Set(placeFields))].map((verdict: Verdict) => `${verdict.is}${'source' in verdict && verdict.is !== 'doubled' ? ` ${verdict.source.id}` : ''}${'dest' in verdict ? ` ${verdict.dest.id}` : ''}${'fields' in verdict && verdict.fields.length > 0 ? ` ${verdict.fields.join('+')}` : ''}`);

const a = { subject: 'a', body: '1' };
const b = { subject: 'a', body: '2' };

test('twins are paired so that as few as possible differ', () => {
  expect(told({ sourceItems: [print('s1', a), print('s2', b)], destItems: [print('d1', b), print('d2', a)] })).toEqual(['matched s1 d2', 'matched s2 d1']);
  expect(told({ sourceItems: [print('s1', a), print('s2', b)], destItems: [print('d1', b), print('d2', { ...a, isRead: 'true' })] })).toEqual(['matched s2 d1', 'differs s1 d2 isRead']);
});

test('a field that one side alone has differs', () => {
  expect(told({ sourceItems: [print('s', a)], destItems: [print('d', { subject: 'a' })] })).toEqual(['differs s d body']);
});

test('fewer copies than items are missing, more are doubled, and copies of nothing are unknown', () => {
  expect(told({ sourceItems: [print('s1', a), print('s2', a)], destItems: [print('d', a)] })).toEqual(['matched s1 d', 'missing s2']);
  expect(told({ sourceItems: [print('s', a)], destItems: [print('d1', a), print('d2', a)] })).toEqual(['matched s d1', 'doubled d2']);
  expect(told({ destItems: [print('d', a)] })).toEqual(['unknown d']);
});

test('where names are keys, the copy is the one that differs least, and another thing of its name is no copy too many', () => {
  const [owners, ours] = [print('owners', { subject: 'a', body: '9', isRead: 'true' }), print('ours', { ...a, subject: 'a (mark)' })];
  expect(told({ sourceItems: [print('s', a)], destItems: [owners, ours] }, ['subject'])).toEqual(['differs s ours subject', 'unknown owners']);
  expect(told({ sourceItems: [print('s', a)], destItems: [print('d', a), ours] }, ['subject'])).toEqual(['matched s d', 'doubled ours']);
  // Beside them there are things without a place of their own: of those every further one is too many, whatever is in it.
  const mark = { body: '1' };
  expect(told({ sourceItems: [print('s', mark)], destItems: [print('d', mark), { ...print('again', { body: '9' }), bytes: 0 }] }, ['subject'])).toEqual(['matched s d', 'doubled again']);
});

test('an item that a filter leaves out is not missing, and its copy is not doubled', () => {
  const out = print('s', a, { flags: printFlags.leftOut });
  expect(told({ sourceItems: [out] })).toEqual(['left_out s']);
  expect(told({ sourceItems: [out], destItems: [print('d', a)] })).toEqual(['left_out s']);
});

test('a copy made in the lesser way is held to what that way keeps, and no less', () => {
  const source = print('s', { ...a, isRead: 'true' }, { lesser: { subject: 'a' } });
  const copy = (lesser: Record<string, string>): StoredPrint => print('d', { subject: 'a', body: 'other' }, { flags: printFlags.lesserWay, lesser });
  expect(told({ sourceItems: [source], destItems: [copy({ subject: 'a' })] })).toEqual(['matched s d']);
  expect(told({ sourceItems: [source], destItems: [copy({ subject: 'b' })] })).toEqual(['differs s d subject']);
});

test('what shows no content, or showed none this time, is not taken for equal', () => {
  expect(told({ sourceItems: [print('s', a, { flags: printFlags.hidden })], destItems: [print('d', a)] })).toEqual(['not_comparable s d']);
  const detailed = print('s', a, { flags: printFlags.detailed });
  const codes = (given: Partial<PrintGroup>): unknown[] => [...compareGroup(group(given), hashes)].map((verdict) => ('code' in verdict ? verdict.code : verdict.is));
  expect(codes({ sourceItems: [detailed], destItems: [print('d', a)], destDetails: [print('dd', a)] })).toEqual(['VERIFY_SOURCE_UNREADABLE']);
  expect(codes({ sourceItems: [detailed], sourceDetails: [print('sd', a)], destItems: [print('d', a)] })).toEqual(['VERIFY_DEST_UNREADABLE']);
  expect(codes({ sourceItems: [detailed], sourceDetails: [print('sd', a)], destItems: [print('d', a)], destDetails: [print('dd', b)] })).toEqual(['differs']);
  expect(codes({ sourceItems: [print('s', a, { flags: printFlags.ownersChoice })], destItems: [print('d', b)] })).toEqual(['VERIFY_OWNERS_CHOICE']);
});
