/** Commands and their legal moves: one table, pure. */
import type { CommandStatus } from '@migrator/contracts/api/devices';

/**
 * What can happen to a command.
 * - `hand-out`: a check-in takes it. A running one is taken again, under the same id, when its agent never said that it works on it
 *   within the lease.
 * - `running`, `done`, `error`: the agent reports.
 * - `cancel`: a person takes it back.
 * - `device-gone`: its device is removed, or its machine registered anew: what may have been begun is not known.
 */
export const commandEvents = ['hand-out', 'running', 'done', 'error', 'cancel', 'device-gone'] as const;
export type CommandEvent = (typeof commandEvents)[number];

/** What an event does to a command in a state: the state after it, the same state when it is nothing new, or why it may not be. */
export type Move = { to: CommandStatus } | { same: true } | { refused: 'COMMAND_NOT_CANCELLABLE' | 'COMMAND_FINISHED' | 'CONFLICT' | null };

const finished = { refused: 'COMMAND_FINISHED' } as const;
const notCancellable = { refused: 'COMMAND_NOT_CANCELLABLE' } as const;
/** Not for anybody to see: the command is passed over. */
const passedOver = { refused: null } as const;
/** An agent that reports on what it was never given. */
const neverGiven = { refused: 'CONFLICT' } as const;
const same = { same: true } as const;

export const moves: Record<CommandStatus, Record<CommandEvent, Move>> = {
  PENDING: { 'hand-out': { to: 'RUNNING' }, running: neverGiven, done: neverGiven, error: neverGiven, cancel: { to: 'CANCELLED' }, 'device-gone': { to: 'CANCELLED' } },
  // Taken again only after its lease, which the statement that hands out looks at.
  RUNNING: { 'hand-out': same, running: same, done: { to: 'DONE' }, error: { to: 'ERROR' }, cancel: notCancellable, 'device-gone': { to: 'ERROR' } },
  DONE: { 'hand-out': passedOver, running: finished, done: same, error: finished, cancel: notCancellable, 'device-gone': same },
  ERROR: { 'hand-out': passedOver, running: finished, done: finished, error: same, cancel: notCancellable, 'device-gone': same },
  CANCELLED: { 'hand-out': passedOver, running: finished, done: finished, error: finished, cancel: notCancellable, 'device-gone': same },
};

export const eventOfReport = { RUNNING: 'running', DONE: 'done', ERROR: 'error' } as const;

/** States from which `event` leads on to `to`: what a compare-and-set may find. */
export const statesBefore = (event: CommandEvent): CommandStatus[] =>
  (Object.keys(moves) as CommandStatus[]).filter((status) => {
    const move = moves[status][event];
    return 'to' in move;
  });
