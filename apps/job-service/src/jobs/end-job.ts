/** Ends a job when nothing is left to do and every report about it is stored. */
import type { VerificationSummary } from '@migrator/contracts/api/jobs';
import { streams } from '@migrator/contracts/events';
import { storeCauses } from '../dry-run/dry-run-result.js';
import { failOpenUnits, commonestFailure } from '../units/unit-repository.js';
import { describeFailure, type UnitFailureDetail } from '../units/unit.js';
import { passColumns, type PassRow } from '../passes/pass-repository.js';
import { summaryOf } from '../verification/summary.js';
import { lockJob, type LockedJob } from './job-repository.js';
import type { JobChange } from './job-change.js';
import { ending, isOver, outcomeOf } from './job.js';

/**
 * QUEUED or RUNNING -> DONE or ERROR, when the job is over and the projector has passed every report that was acknowledged before the
 * last unit was finished: the end line is the last line of the log. Otherwise does nothing; the projector and the sweeper ask again.
 */
export async function endJobIfOver(change: JobChange, jobId: string): Promise<boolean> {
  const { tx, at } = change;
  let job = await lockJob(tx, jobId);
  if (job === null || job.deletedAt !== null || job.early || (job.status !== 'QUEUED' && job.status !== 'RUNNING')) return false;
  const stopped = job.failure !== null;
  if (!isOver(job, stopped)) return false;
  if (job.endAfterSequence > 0) {
    const [position] = await tx<{ sequence: number }[]>`select sequence from jobs.positions where stream = ${streams.work}`;
    if ((position?.sequence ?? 0) < job.endAfterSequence) return false;
  }
  if (job.failure !== null) {
    await failOpenUnits(tx, job.id, job.failure, at);
    job = await lockJob(tx, jobId);
    if (job === null) throw new Error(`Job ${jobId} vanished while it was locked.`);
  }
  if (job.dryRun) await storeCauses(tx, job.id);
  const action = ending(job, stopped);
  const failure = action === 'complete' ? null : (job.failure ?? (await commonestFailure(tx, job.id)));
  const ended = await change.transition(job, action, { completedAt: at, failure, outcome: outcomeOf(job), liveDonePending: true });
  const [pass] = await tx<PassRow[]>`select ${passColumns(tx)} from jobs.passes where id = ${job.passId}`;
  const verified = pass === undefined ? null : summaryOf(pass, pass.sums);
  if (verified !== null) await change.say(job.id, verified.outcome === 'clean' ? 'OK' : 'WARN', verifiedLine(verified));
  else await change.say(job.id, action === 'fail' ? 'ERROR' : job.errorItems > 0 || job.unitsFailed > 0 ? 'WARN' : 'OK', endLine(ended, failure));
  change.announceDone(job.id, { lastSeq: job.logSeq + 1, status: action === 'fail' ? 'ERROR' : 'DONE', completedAt: at });
  return true;
}

function verifiedLine({ outcome, sourceItems, matched, missing, extra, differs, notComparable, unitsVerified, unitsFailed }: VerificationSummary): string {
  const units = `${unitsVerified} units verified${unitsFailed === 0 ? '' : `, ${unitsFailed} could not be`}`;
  const found = `${matched} of ${sourceItems} items found equal, ${missing} missing, ${extra} extra, ${differs} differ; of ${notComparable} something could not be compared`;
  return `Verification ended (${outcome ?? 'incomplete'}): ${units}; ${found}`;
}

function endLine(job: LockedJob, failure: UnitFailureDetail | null): string {
  const counts = `${job.doneItems} of ${job.totalItems} items done, ${job.errorItems} failed, ${job.skippedItems} skipped; ${job.unitsDone} units done, ${job.unitsFailed} failed, ${job.unitsSkipped} skipped`;
  if (job.status === 'DONE') return `${job.dryRun ? 'Dry run' : 'Job'} ended: ${counts}`;
  const why = failure === null ? '' : ` ${describeFailure(failure).cause} ${describeFailure(failure).remedy}`;
  return `Job stopped: ${counts}.${why}`;
}
