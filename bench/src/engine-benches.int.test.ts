/** The short forms of the engine's benches: they run to their end, copy everything, and print a figure for each thing they promise. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { figuresOf } from './short-form.js';

const run = promisify(execFile);

test.each([
  ['engine-mail', ['engine-mail.speed', 'engine-mail.cpu', 'engine-mail.simulator-share']],
  ['engine-files-small', ['engine-files-small.against-rclone', 'engine-files-small.against-bare', 'engine-files-small.cpu', 'engine-files-small.simulator-share']],
  ['files-resume', ['files-resume.sent-twice', 'files-resume.time']],
  ['permissions', ['permissions.requests', 'permissions.by-items', 'permissions.unchanged']],
  ['fleet', ['fleet.2-workers', 'fleet.machine-busy']],
  ['memory', ['memory.ordinary', 'memory.large-items', 'memory.folders', 'memory.large-folder']],
])(
  'bench %s prints each figure beside its baseline',
  async (name, expected) => {
    const figures = await figuresOf(name);
    expect(figures.map((each) => each.name)).toEqual(expected);
    for (const { name: figure, value, baseline, ratio, unit, machine } of figures) {
      // A file may be sent without a byte that went twice, and what has not changed costs nothing.
      expect([value, baseline, ratio].every((number) => Number.isFinite(number) && (number > 0 || ['files-resume.sent-twice', 'permissions.unchanged'].includes(figure)))).toBe(true);
      expect([unit, machine].every((text) => text !== '')).toBe(true);
    }
    if (name === 'files-resume') expect(figures[0]?.met).toBe(true);
    // Speed is for a quiet machine to judge; memory and counts are the same on a busy one.
    if (name === 'memory' || name === 'permissions') expect(figures.map(({ met }) => met)).toEqual(expected.map(() => true));
  },
  180_000,
);

test('a bench that is not there is refused with the names of those that are', async () => {
  await expect(run(process.execPath, ['bench/dist/main.js', 'engine-male'])).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('engine-mail') as string });
});
