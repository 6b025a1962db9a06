import { commandStatuses, type CommandStatus } from '@migrator/contracts/api/devices';
import { commandEvents, moves, statesBefore } from './command.js';

const final: CommandStatus[] = ['DONE', 'ERROR', 'CANCELLED'];

test('the table knows every event in every state', () => {
  for (const status of commandStatuses) expect(Object.keys(moves[status]).sort()).toEqual([...commandEvents].sort());
});

test('nothing leaves a final state, and every other state can reach one', () => {
  for (const status of commandStatuses) {
    const next = commandEvents.flatMap((event) => {
      const move = moves[status][event];
      return 'to' in move ? [move.to] : [];
    });
    if (final.includes(status)) expect(next).toEqual([]);
    else expect(next.some((to) => final.includes(to))).toBe(true);
  }
});

test('only a waiting command is handed out for the first time or cancelled', () => {
  expect(statesBefore('hand-out')).toEqual(['PENDING']);
  expect(statesBefore('cancel')).toEqual(['PENDING']);
  expect(statesBefore('done')).toEqual(['RUNNING']);
  expect(statesBefore('error')).toEqual(['RUNNING']);
  expect(statesBefore('device-gone')).toEqual(['PENDING', 'RUNNING']);
});

test('the same end may be reported again, another one may not', () => {
  expect(moves.DONE.done).toEqual({ same: true });
  expect(moves.ERROR.error).toEqual({ same: true });
  for (const [status, event] of [['DONE', 'error'], ['DONE', 'running'], ['ERROR', 'done'], ['ERROR', 'running'], ['CANCELLED', 'done'], ['CANCELLED', 'error'], ['CANCELLED', 'running']] as const) expect(moves[status][event]).toEqual({ refused: 'COMMAND_FINISHED' });
});
