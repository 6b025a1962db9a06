/** A job's states and the one table of legal transitions. Pure: no I/O, no clock. */
import type { JobStatus } from '@migrator/contracts/api/jobs';
import { AppError } from '@migrator/contracts/errors';

/** What can happen to a job. `detach` is a pause by the platform, because a tenant was disconnected. */
export const jobActions = ['start', 'pause', 'detach', 'resume', 'complete', 'fail', 'begin_pass'] as const;
export type JobAction = (typeof jobActions)[number];

/** Every legal transition there is; whatever is not here does not happen. */
export const transitions: Readonly<Record<JobStatus, Readonly<Partial<Record<JobAction, JobStatus>>>>> = {
  QUEUED: { start: 'RUNNING', detach: 'PAUSED', complete: 'DONE', fail: 'ERROR' },
  RUNNING: { pause: 'PAUSED', detach: 'PAUSED', complete: 'DONE', fail: 'ERROR' },
  PAUSED: { resume: 'QUEUED' },
  DONE: { begin_pass: 'QUEUED' },
  ERROR: { begin_pass: 'QUEUED' },
};

/** The state after `action`, or null when that is not legal. */
export function nextStatus(from: JobStatus, action: JobAction): JobStatus | null {
  return transitions[from][action] ?? null;
}

/** The state after `action`. Throws the public error of the action when it is not legal. */
export function transition(from: JobStatus, action: JobAction): JobStatus {
  const to = nextStatus(from, action);
  if (to !== null) return to;
  if (action === 'pause') throw new AppError('JOB_NOT_RUNNING', { publicMessage: `Only a running job can be paused; this one is ${from}.` });
  if (action === 'resume') throw new AppError('JOB_NOT_PAUSED', { publicMessage: `Only a paused job can be resumed; this one is ${from}.` });
  if (action === 'begin_pass') throw new AppError('CONFLICT', { publicMessage: `Another pass can begin when the job is DONE or ERROR; this one is ${from}.` });
  throw new Error(`The job transition ${action} from ${from} is not legal.`);
}

/** Whether the job's last pass is over. */
export const hasEnded = (status: JobStatus): boolean => status === 'DONE' || status === 'ERROR';

/** Why a job or unit stopped, as shown to people. */
export interface Failure {
  code: string;
  cause: string;
  remedy: string;
}

/** Counts of a job's units by stored state, and of its items. */
export interface JobSums {
  unitsPending: number;
  unitsClaimed: number;
  unitsDone: number;
  unitsFailed: number;
  unitsSkipped: number;
  errorItems: number;
  skippedItems: number;
}

/** True when nothing is left to do: every unit is final, or the job is being stopped and no worker holds a unit. */
export function isOver(sums: JobSums, stopping: boolean): boolean {
  return sums.unitsClaimed === 0 && (stopping || sums.unitsPending === 0);
}

/** How a job that is over ends: ERROR when it was stopped, or when units failed and none came through. */
export function ending(sums: JobSums, stopped: boolean): 'complete' | 'fail' {
  return stopped || (sums.unitsFailed > 0 && sums.unitsDone === 0) ? 'fail' : 'complete';
}

/** What is said of a job that is over. */
export function outcomeOf(sums: JobSums): 'clean' | 'with_errors' | 'with_skips' {
  if (sums.unitsFailed > 0 || sums.errorItems > 0) return 'with_errors';
  return sums.unitsSkipped > 0 || sums.skippedItems > 0 ? 'with_skips' : 'clean';
}
