/** SQL for how far the work stream has been stored. */
import { streams } from '@migrator/contracts/events';
import { inTransaction, type Sql, type TransactionSql } from '@migrator/service-kit/database';

/** A place in one incarnation of the stream. */
export interface Position {
  incarnation: string;
  sequence: number;
}

/** Another projector has moved the position: what this one holds is old. */
export class PositionMoved extends Error {
  override readonly name = 'PositionMoved';
}

/** What the server says of the stream. `firstSequence - 1 = lastSequence` when it is empty. */
export interface StreamState {
  incarnation: string;
  firstSequence: number;
  lastSequence: number;
}

/**
 * Where to go on reading. A stream that was made again is read from its beginning, and what jobs waited for in the old one is not
 * waited for any more. A stream that was set back (a restored backup) is gone on with from its new end, for what it holds was stored.
 */
export async function openPosition(sql: Sql, stream: StreamState): Promise<Position & { lost: boolean }> {
  return inTransaction(sql, async (tx) => {
    await tx`insert into jobs.positions (stream, incarnation, sequence) values (${streams.work}, ${stream.incarnation}, 0) on conflict do nothing`;
    const [stored] = await tx<Position[]>`select incarnation, sequence from jobs.positions where stream = ${streams.work} for update`;
    if (stored === undefined) throw new Error('The position of the work stream vanished.');
    const same = stored.incarnation === stream.incarnation;
    if (same && stored.sequence <= stream.lastSequence) return { ...stored, lost: false };
    const position: Position = { incarnation: stream.incarnation, sequence: same ? stream.lastSequence : 0 };
    await tx`update jobs.positions set incarnation = ${position.incarnation}, sequence = ${position.sequence} where stream = ${streams.work}`;
    await tx`update jobs.jobs set end_after_sequence = 0 where id in (select id from jobs.jobs where end_after_sequence > 0 and status in ('QUEUED', 'RUNNING', 'PAUSED') order by id for no key update)`;
    return { ...position, lost: true };
  });
}

/** Moves the position within the transaction that stores what lies between; throws PositionMoved when it is not where it was. */
export async function advancePosition(tx: TransactionSql, from: Position, to: number): Promise<void> {
  const moved = await tx`update jobs.positions set sequence = ${to} where stream = ${streams.work} and incarnation = ${from.incarnation} and sequence = ${from.sequence}`;
  if (moved.count !== 1) throw new PositionMoved('Another projector has stored these reports.');
}
