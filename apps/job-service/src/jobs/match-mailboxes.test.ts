import { Directory, matchMailboxes, type Mailbox } from './match-mailboxes.js';

let serial = 0;
const person = (upn: string, more: Partial<Mailbox> = {}): Mailbox => {
  serial += 1;
  return { id: `dbu_${String(serial).padStart(26, '0')}`, microsoftId: `ms-${serial}`, upn, mail: null, hasMailbox: true, sizeBytes: null, ...more };
};
const directory = (domain: string, people: Mailbox[]): Directory => new Directory(people, domain);
const pairs = (result: ReturnType<typeof matchMailboxes>): [string, string | null][] => result.matches.map(({ source, dest }) => [source.upn, dest?.upn ?? null]);

const source = directory('src.example', [person('Ann@src.example'), person('bob@src.example', { mail: 'robert@src.example' }), person('carl@src.example', { hasMailbox: false })]);
const dest = directory('dst.example', [person('ann@dst.example'), person('bob@dst.example'), person('zoe@dst.example')]);

test('without a list every mailbox is taken and matched by the name before the @', () => {
  expect(pairs(matchMailboxes(source, dest, {}, 'options'))).toEqual([
    ['Ann@src.example', 'ann@dst.example'],
    ['bob@src.example', 'bob@dst.example'],
  ]);
});

test('in the default scope a mailbox without a match is kept, without a destination', () => {
  const result = matchMailboxes(source, directory('dst.example', [person('ann@dst.example')]), {}, 'options');
  expect(result.problems).toEqual([]);
  expect(pairs(result)[1]).toEqual(['bob@src.example', null]);
});

test('a source may be named by UPN, mail address or discovered id, in any case, and counts once', () => {
  const id = source.people[0]?.id ?? '';
  const result = matchMailboxes(source, dest, { mailboxes: ['ANN@SRC.example', id, 'Robert@src.example'] }, 'options');
  expect(result.problems).toEqual([]);
  expect(pairs(result).map(([from]) => from)).toEqual(['Ann@src.example', 'bob@src.example']);
});

test('every listed source without a match, a mailbox or an existence is named', () => {
  const result = matchMailboxes(source, directory('dst.example', []), { mailboxes: ['ann@src.example', 'carl@src.example', 'nobody@src.example'] }, 'batches.2.options');
  expect(result.problems.map(({ path }) => path)).toEqual(['batches.2.options.mailboxes.0', 'batches.2.options.mailboxes.1', 'batches.2.options.mailboxes.2']);
  expect(result.problems.map(({ message }) => message).join()).toMatch(/ann@src.*no match.*carl@src.*no mailbox.*nobody@src.*not discovered/s);
});

test('a mapping wins over the automatic match; an unknown end of it is named', () => {
  expect(pairs(matchMailboxes(source, dest, { mailboxMappings: [{ source: 'ann@src.example', dest: 'zoe@dst.example' }] }, 'options'))[0]).toEqual(['Ann@src.example', 'zoe@dst.example']);
  const result = matchMailboxes(source, dest, { mailboxMappings: [{ source: 'ann@src.example', dest: 'gone@dst.example' }] }, 'options');
  expect(result.problems).toEqual([{ path: 'options.mailboxMappings.0.dest', message: expect.stringContaining('gone@dst.example') as string }]);
});

test('two sources for one destination are refused unless they may merge', () => {
  const mailboxMappings = [
    { source: 'ann@src.example', dest: 'zoe@dst.example' },
    { source: 'bob@src.example', dest: 'zoe@dst.example' },
  ];
  expect(matchMailboxes(source, dest, { mailboxMappings }, 'options').problems).toEqual([{ path: 'options', message: expect.stringContaining('merge') as string }]);
  expect(matchMailboxes(source, dest, { mailboxMappings, merge: true }, 'options').problems).toEqual([]);
});

test('of several people with one name before the @ the one in the tenant’s domain is meant; with no telling there is no match', () => {
  const many = directory('dst.example', [person('ann@other.example'), person('ann@dst.example'), person('bob@x.example'), person('bob@y.example')]);
  expect(pairs(matchMailboxes(source, many, {}, 'options'))).toEqual([
    ['Ann@src.example', 'ann@dst.example'],
    ['bob@src.example', null],
  ]);
});
