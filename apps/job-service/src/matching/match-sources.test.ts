import { workloadWords, type Candidate, localPart } from './candidate.js';
import { Directory } from './directory.js';
import { matchSources, noCorrections, problemsOf, type Corrections } from './match-sources.js';

let serial = 0;
const person = (upn: string, { mail = null, present = true }: { mail?: string | null; present?: boolean } = {}): Candidate => {
  serial += 1;
  return { id: `dbu_${String(serial).padStart(26, '0')}`, kind: 'user', microsoftId: `ms-${serial}`, name: upn, aliases: mail === null ? [] : [mail], key: localPart(upn), present, sizeBytes: null, itemCount: null, quotaBytes: null, licensed: null, template: null };
};
const directory = (domain: string, people: Candidate[]): Directory => new Directory(people, domain);
interface Options {
  mailboxes?: string[];
  mailboxMappings?: { source: string; dest: string }[];
  merge?: boolean;
}
const match = (from: Directory, to: Directory, { mailboxes, mailboxMappings, merge = false }: Options, path = 'options', corrections: Corrections = noCorrections) => {
  const found = matchSources(from, to, { words: workloadWords.EMAIL, listed: mailboxes, mappings: mailboxMappings }, corrections, path);
  return { ...found, problems: problemsOf(found, merge, path) };
};
const pairs = (result: ReturnType<typeof match>): [string, string | null][] => result.matches.map(({ source, dest }) => [source.name, dest?.name ?? null]);

const source = directory('src.example', [person('Ann@src.example'), person('bob@src.example', { mail: 'robert@src.example' }), person('carl@src.example', { present: false })]);
const dest = directory('dst.example', [person('ann@dst.example'), person('bob@dst.example'), person('zoe@dst.example')]);

test('without a list every mailbox is taken and matched by the name before the @', () => {
  expect(pairs(match(source, dest, {}, 'options'))).toEqual([
    ['Ann@src.example', 'ann@dst.example'],
    ['bob@src.example', 'bob@dst.example'],
  ]);
});

test('in the default scope a mailbox without a match is kept, without a destination', () => {
  const result = match(source, directory('dst.example', [person('ann@dst.example')]), {}, 'options');
  expect(result.problems).toEqual([]);
  expect(pairs(result)[1]).toEqual(['bob@src.example', null]);
});

test('a source may be named by UPN, mail address or discovered id, in any case, and counts once', () => {
  const id = source.candidates[0]?.id ?? '';
  const result = match(source, dest, { mailboxes: ['ANN@SRC.example', id, 'Robert@src.example'] }, 'options');
  expect(result.problems).toEqual([]);
  expect(pairs(result).map(([from]) => from)).toEqual(['Ann@src.example', 'bob@src.example']);
});

test('every listed source without a match, a mailbox or an existence is named', () => {
  const result = match(source, directory('dst.example', []), { mailboxes: ['ann@src.example', 'carl@src.example', 'nobody@src.example'] }, 'batches.2.options');
  expect(result.problems.map(({ path }) => path)).toEqual(['batches.2.options.mailboxes.0', 'batches.2.options.mailboxes.1', 'batches.2.options.mailboxes.2']);
  expect(result.problems.map(({ message }) => message).join()).toMatch(/ann@src.*no match.*carl@src.*no mailbox.*nobody@src.*not discovered/s);
});

test('a mapping wins over the automatic match; an unknown end of it is named', () => {
  expect(pairs(match(source, dest, { mailboxMappings: [{ source: 'ann@src.example', dest: 'zoe@dst.example' }] }, 'options'))[0]).toEqual(['Ann@src.example', 'zoe@dst.example']);
  const result = match(source, dest, { mailboxMappings: [{ source: 'ann@src.example', dest: 'gone@dst.example' }] }, 'options');
  expect(result.problems).toEqual([{ path: 'options.mailboxMappings.0.dest', message: expect.stringContaining('gone@dst.example') as string }]);
});

test('two sources for one destination are refused unless they may merge', () => {
  const mailboxMappings = [
    { source: 'ann@src.example', dest: 'zoe@dst.example' },
    { source: 'bob@src.example', dest: 'zoe@dst.example' },
  ];
  expect(match(source, dest, { mailboxMappings }, 'options').problems).toEqual([{ path: 'options', message: expect.stringContaining('merge') as string }]);
  expect(match(source, dest, { mailboxMappings, merge: true }, 'options').problems).toEqual([]);
});

test('of several people with one name before the @ the one in the tenant’s domain is meant; with no telling there is no match', () => {
  const many = directory('dst.example', [person('ann@other.example'), person('ann@dst.example'), person('bob@x.example'), person('bob@y.example')]);
  expect(pairs(match(source, many, {}, 'options'))).toEqual([
    ['Ann@src.example', 'ann@dst.example'],
    ['bob@src.example', null],
  ]);
});

test('a correction stands over the automatic match, below a mapping of the job; an excluded source goes nowhere', () => {
  const corrections = new Map([['ann@src.example', 'zoe@dst.example'], ['bob@src.example', null]]);
  expect(match(source, dest, {}, 'options', corrections).matches.map(({ source: from, dest: to, how }) => [from.name, to?.name ?? null, how])).toEqual([
    ['Ann@src.example', 'zoe@dst.example', 'corrected'],
    ['bob@src.example', null, 'excluded'],
  ]);
  expect(pairs(match(source, dest, { mailboxMappings: [{ source: 'ann@src.example', dest: 'bob@dst.example' }] }, 'options', corrections))[0]).toEqual(['Ann@src.example', 'bob@dst.example']);
});

test('a correction to a destination that is gone is named and falls back to nothing', () => {
  const result = match(source, dest, { mailboxes: ['ann@src.example', 'bob@src.example'] }, 'options', new Map([['ann@src.example', 'gone@dst.example'], ['bob@src.example', null]]));
  expect(pairs(result)[0]).toEqual(['Ann@src.example', null]);
  expect(result.problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([expect.stringContaining('gone@dst.example'), expect.stringContaining('not to be migrated')]);
});
