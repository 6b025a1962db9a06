/** A worker ends its claim on a unit. */
import type { UnitStatus } from '@migrator/contracts/api/jobs';
import { AppError } from '@migrator/contracts/errors';
import type { UnitCounters } from '@migrator/contracts/events';
import type { FinishUnitBody } from '@migrator/contracts/internal';
import type { TransactionSql } from '@migrator/service-kit/database';
import { jobStoppingFailures, type UnitFailure } from '@migrator/contracts/outcomes';
import type { ChangeJobs, JobChange } from '../jobs/job-change.js';
import { wakeDispatcher } from '../jobs/job-change.js';
import { endJobIfOver } from '../jobs/end-job.js';
import { lockJob, raiseEndBarrier, setStopping, type LockedJob } from '../jobs/job-repository.js';
import { getPass } from '../passes/pass-repository.js';
import { endVerifying } from '../verification/verification-repository.js';
import { describeFailure, expiriesMax, expiryDelayMs, retriesMax, retryDelayMs, settled, shownStatus, soundCounters, type UnitFailureDetail } from './unit.js';
import { storeDepartures } from './departures.js';
import { endClaim, findJobOfUnit, lockUnit, type ClaimEnd, type UnitRow } from './unit-repository.js';

export type FinishUnit = FinishUnitBody & { unitId: string };

/** The last sequence of the work stream; rejects when NATS does not answer. */
export type LastWorkSequence = () => Promise<number>;

const lost = (): AppError => new AppError('CONFLICT', { publicMessage: 'This claim is not the unit’s current one.' });

/**
 * Ends a claim. May run twice for one claim: the second time it only answers. CONFLICT when the claim was taken away.
 * The counters given here are final; the job ends only after the reports that were acknowledged before this call are stored.
 */
export const makeFinishUnit =
  ({ change, lastWorkSequence }: { change: ChangeJobs; lastWorkSequence: LastWorkSequence }) =>
  async (finish: FinishUnit): Promise<{ status: UnitStatus }> => {
    const barrier = await lastWorkSequence();
    return change(async (current) => {
      const { tx, at } = current;
      const jobId = await findJobOfUnit(tx, finish.unitId);
      const job = jobId === null ? null : await lockJob(tx, jobId);
      const unit = job === null ? null : await lockUnit(tx, finish.unitId);
      if (job === null || unit === null || unit.claim !== finish.claim) throw lost();
      if (unit.status !== 'RUNNING') return { status: shownStatus(unit.status, unit.startedAt !== null, job.status) };
      const { mode } = await getPass(tx, job.passId);
      const decided = decideEnd(finish, unit, job, at);
      const end = mode === 'verify' ? await settleVerification(tx, job.passId, unit, decided) : decided;
      await endClaim(tx, unit.id, end);
      if (finish.departures !== undefined) await storeDepartures(tx, unit.id, job.passId, finish.departures);
      await raiseEndBarrier(tx, job.id, barrier);
      await tellEnd(current, job, unit, finish, decided, mode === 'verify');
      await endJobIfOver(current, job.id);
      await wakeDispatcher(tx);
      return { status: shownStatus(end.status, true, job.status) };
    });
  };

/**
 * A verification changes nothing of the job: whatever becomes of it, the unit is DONE as it was, with its counters. That it could not
 * be verified stands in the pass.
 */
export async function settleVerification(tx: TransactionSql, passId: string, unit: UnitRow, end: ClaimEnd): Promise<ClaimEnd> {
  const counters: UnitCounters = { total: unit.total, done: unit.done, error: unit.error, skipped: unit.skipped, bytes: unit.bytes };
  if (end.status === 'PENDING') return { ...end, counters };
  await endVerifying(tx, passId, unit.id, end.status === 'ERROR' ? end.failure : null);
  return { ...end, status: 'DONE', counters, unreached: 0, failure: null };
}

/** What becomes of a unit when its worker says `finish`. Pure. */
export function decideEnd(finish: FinishUnitBody, unit: UnitRow, job: Pick<LockedJob, 'status' | 'deletedAt'>, at: Date): ClaimEnd {
  const counters = soundCounters(finish.counters);
  const waiting: ClaimEnd = { status: 'PENDING', counters, unreached: 0, failure: null, retries: unit.retries, expiries: 0, delayMs: 0, completedAt: null, fence: false };
  if (job.deletedAt !== null) return waiting;
  switch (finish.result) {
    case 'done':
      // The pass is complete: what was announced and never came is not an item.
      return { ...waiting, status: 'DONE', counters: { ...counters, total: settled(counters) }, retries: 0, completedAt: at };
    case 'released':
      return { ...waiting, retries: 0 };
    case 'retry': {
      const retries = settled(counters) > unit.settledAtClaim ? 1 : unit.retries + 1;
      if (retries > retriesMax) return failed(waiting, { ...detail(finish), code: 'ATTEMPTS_EXHAUSTED', last: detail(finish).code }, at);
      return { ...waiting, retries, delayMs: retryDelayMs(retries) };
    }
    case 'failed': {
      const failure = detail(finish);
      // A paused job is not ended from below: the unit waits, and meets the same failure again if it still holds after the resume.
      if (job.status === 'PAUSED' && isStopping(failure.code)) return waiting;
      return failed(waiting, failure, at);
    }
  }
}

/** What becomes of a unit whose worker fell silent until its lease ran out. Pure. */
export function decideExpiry(unit: UnitRow, deleted: boolean, at: Date): ClaimEnd {
  const counters: UnitCounters = { total: unit.total, done: unit.done, error: unit.error, skipped: unit.skipped, bytes: unit.bytes };
  const expiries = settled(counters) > unit.settledAtClaim ? 1 : unit.expiries + 1;
  const waiting: ClaimEnd = { status: 'PENDING', counters, unreached: 0, failure: null, retries: unit.retries, expiries, delayMs: expiryDelayMs(expiries), completedAt: null, fence: true };
  if (deleted || expiries < expiriesMax) return waiting;
  return failed(waiting, { code: 'WORKER_LOST', graphCode: null, requestId: null, side: null }, at);
}

function failed(waiting: ClaimEnd, failure: UnitFailureDetail, at: Date): ClaimEnd {
  return { ...waiting, status: 'ERROR', failure, unreached: waiting.counters.total - settled(waiting.counters), completedAt: at };
}

const detail = (finish: FinishUnitBody): UnitFailureDetail & { code: UnitFailure } => finish.failure ?? { code: 'INTERNAL', graphCode: null, requestId: null, side: null };
const isStopping = (code: UnitFailure): boolean => jobStoppingFailures.includes(code);

async function tellEnd({ tx, say, tellWorkers }: JobChange, job: LockedJob, unit: UnitRow, finish: FinishUnitBody, end: ClaimEnd, verifying: boolean): Promise<void> {
  if (job.deletedAt !== null) return;
  if (finish.result === 'retry') {
    if (end.status === 'ERROR') await say(job.id, 'ERROR', `${unit.sourceAddress}: given up after ${retriesMax} attempts. ${describeFailure(detail(finish)).cause}`);
    else await say(job.id, 'WARN', `${unit.sourceAddress}: tried again in ${Math.round(end.delayMs / 1000)} s. ${describeFailure(detail(finish)).cause}`);
  }
  if (finish.result !== 'failed') return;
  const failure = detail(finish);
  const { cause, remedy } = describeFailure(failure);
  // A unit that cannot be verified says so for itself; the others may be.
  if (verifying || !isStopping(failure.code)) return;
  if (job.status === 'PAUSED') await say(job.id, 'ERROR', `${unit.sourceAddress}: ${cause}`);
  else if (job.failure === null) {
    await setStopping(tx, job.id, failure);
    await say(job.id, 'ERROR', `The job is being stopped. ${cause} ${remedy}`);
    tellWorkers(job.id);
  }
}
