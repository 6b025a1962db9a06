import { isId } from '@migrator/contracts/ids';
import { logId, seqOfLogId } from './log-id.js';

const job = 'job_01JABCDEFGHJKMNPQRSTVWXYZ0';
const other = 'job_01JABCDEFGHJKMNPQRSTVWXYZ1';

test.each([1, 31, 32, 4_294_967_296, 2 ** 40 - 1])('line %d is found again from its id', (seq) => {
  const id = logId(job, seq, new Date('2026-01-02T03:04:05.678Z'));
  expect(isId('log', id)).toBe(true);
  expect(seqOfLogId(job, id)).toBe(seq);
});

test('an id of another job, or of no job, leads nowhere', () => {
  expect(seqOfLogId(job, logId(other, 7, new Date()))).toBeNull();
  expect(seqOfLogId(job, 'log_')).toBeNull();
  expect(seqOfLogId(job, 'log_01JABCDEFGHJKMNPQRSTVWXYZI')).toBeNull();
});

test('ids of one moment sort by seq', () => {
  const at = new Date();
  const ids = [3, 40, 1025].map((seq) => logId(job, seq, at));
  expect([...ids].sort()).toEqual(ids);
});
