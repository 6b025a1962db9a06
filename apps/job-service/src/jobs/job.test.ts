import { jobStatuses, type JobStatus } from '@migrator/contracts/api/jobs';
import { AppError } from '@migrator/contracts/errors';
import { ending, isOver, jobActions, nextStatus, outcomeOf, transition, type JobAction, type JobSums } from './job.js';

const legal: [JobStatus, JobAction, JobStatus][] = [
  ['QUEUED', 'start', 'RUNNING'],
  ['QUEUED', 'detach', 'PAUSED'],
  ['QUEUED', 'complete', 'DONE'],
  ['QUEUED', 'fail', 'ERROR'],
  ['RUNNING', 'pause', 'PAUSED'],
  ['RUNNING', 'detach', 'PAUSED'],
  ['RUNNING', 'complete', 'DONE'],
  ['RUNNING', 'fail', 'ERROR'],
  ['PAUSED', 'resume', 'QUEUED'],
  ['DONE', 'begin_pass', 'QUEUED'],
  ['ERROR', 'begin_pass', 'QUEUED'],
];

test.each(jobStatuses.flatMap((from) => jobActions.map((action) => [from, action] as const)))('a %s job answers %s as the lifecycle says', (from, action) => {
  const expected = legal.find(([state, what]) => state === from && what === action)?.[2] ?? null;
  expect(nextStatus(from, action)).toBe(expected);
  if (expected === null) expect(() => transition(from, action)).toThrow();
  else expect(transition(from, action)).toBe(expected);
});

test('an illegal call of a person is answered by its own code', () => {
  const code = (from: JobStatus, action: JobAction): string => {
    try {
      transition(from, action);
    } catch (error) {
      if (error instanceof AppError) return error.code;
    }
    return 'none';
  };
  expect(code('QUEUED', 'pause')).toBe('JOB_NOT_RUNNING');
  expect(code('RUNNING', 'resume')).toBe('JOB_NOT_PAUSED');
  expect(code('RUNNING', 'begin_pass')).toBe('CONFLICT');
});

const none: JobSums = { unitsPending: 0, unitsClaimed: 0, unitsDone: 0, unitsFailed: 0, unitsSkipped: 0, errorItems: 0, skippedItems: 0 };

test('a job is over when every unit is final; a stopped one when no worker holds a unit', () => {
  expect(isOver({ ...none, unitsDone: 3 }, false)).toBe(true);
  expect(isOver({ ...none, unitsPending: 1 }, false)).toBe(false);
  expect(isOver({ ...none, unitsClaimed: 1 }, false)).toBe(false);
  expect(isOver({ ...none, unitsPending: 9 }, true)).toBe(true);
  expect(isOver({ ...none, unitsPending: 9, unitsClaimed: 1 }, true)).toBe(false);
});

test('a job with failed units is DONE as long as one came through', () => {
  expect(ending({ ...none, unitsFailed: 2, unitsDone: 1 }, false)).toBe('complete');
  expect(ending({ ...none, unitsFailed: 2, unitsSkipped: 1 }, false)).toBe('fail');
  expect(ending({ ...none, unitsSkipped: 2 }, false)).toBe('complete');
  expect(ending({ ...none, unitsDone: 2 }, true)).toBe('fail');
});

test('the outcome names errors before skips', () => {
  expect(outcomeOf({ ...none, unitsDone: 1 })).toBe('clean');
  expect(outcomeOf({ ...none, unitsDone: 1, skippedItems: 1 })).toBe('with_skips');
  expect(outcomeOf({ ...none, unitsDone: 1, unitsSkipped: 1 })).toBe('with_skips');
  expect(outcomeOf({ ...none, unitsDone: 1, skippedItems: 1, errorItems: 1 })).toBe('with_errors');
});
