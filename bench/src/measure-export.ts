/** The log of a job as CSV, a million lines: it begins at once and passes through without being held. */
import type { Measure } from './measure.js';
import { residentBytes, startBenchStack } from './bench-stack.js';
import { figure } from './figure.js';
import { idOf, insertJobs, insertLines, settle } from './rows.js';

const wantedMs = 1_000;
/** What may come on top of what the processes held before: buffers of the connections, and garbage not yet collected. */
const grownMaxMb = 64;
const mb = 1024 * 1024;

interface Download {
  firstByteMs: number;
  seconds: number;
  lines: number;
  peakMb: number;
}

export const measureExport: Measure = async ({ short, progress }) => {
  const lines = short ? 20_000 : 1_000_000;
  const bench = await startBenchStack();
  try {
    const { sql, stack } = bench;
    progress(`storing ${lines} lines`);
    await insertJobs(sql, stack.orgId, 2);
    await insertLines(sql, idOf('job', 1), lines);
    await insertLines(sql, idOf('job', 2), lines / 10);
    await settle(sql, ['jobs.jobs', 'jobs.log_lines']);
    const held = (): number => (residentBytes(bench.pidOf('api-gateway'), 'now') + residentBytes(bench.pidOf('job-service'), 'now')) / mb;

    const download = async (job: string): Promise<Download> => {
      const began = performance.now();
      const response = await fetch(new URL(`/v1/jobs/${job}/logs/export`, stack.gatewayUrl), { headers: bench.withKey });
      if (response.status !== 200 || response.body === null) throw new Error(`the export answered ${response.status}`);
      let firstByteMs = Number.NaN;
      let breaks = 0;
      let peakMb = 0;
      let looked = 0;
      for await (const chunk of response.body) {
        if (Number.isNaN(firstByteMs)) firstByteMs = performance.now() - began;
        for (const byte of chunk as Uint8Array) if (byte === 10) breaks += 1;
        if (performance.now() - looked > 50) {
          looked = performance.now();
          peakMb = Math.max(peakMb, held());
        }
      }
      return { firstByteMs, seconds: (performance.now() - began) / 1_000, lines: breaks - 1, peakMb };
    };
    progress('a tenth of it');
    await download(idOf('job', 2));
    const tenth = await download(idOf('job', 2));
    progress('the whole');
    const whole = await download(idOf('job', 1));
    if (whole.lines !== lines) throw new Error(`the export has ${whole.lines} lines of ${lines}`);
    progress('the same rows straight from the database');
    const straight = performance.now();
    let rows = 0;
    for await (const page of sql`select seq, level, message, at from jobs.log_lines where job_id = ${idOf('job', 1)} order by seq`.cursor(2_000)) rows += page.length;
    const straightSeconds = (performance.now() - straight) / 1_000;
    const grown = whole.peakMb - tenth.peakMb;
    return [
      figure('export.first-byte', whole.firstByteMs, 'ms', tenth.firstByteMs, { says: `< ${wantedMs} ms`, reached: whole.firstByteMs < wantedMs }),
      figure('export.memory', whole.peakMb, 'MB', tenth.peakMb, { says: `no more than ${grownMaxMb} MB above a tenth of the lines`, reached: grown <= grownMaxMb }),
      figure('export.rate', whole.lines / whole.seconds, 'lines/s', rows / straightSeconds),
    ];
  } finally {
    await bench.down();
  }
};
