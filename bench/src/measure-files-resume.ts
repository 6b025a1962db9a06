/** A worker killed in the middle of a large file: how much of the file is sent again by the one that takes the drive over. */
import { setTimeout as pause } from 'node:timers/promises';
import { fragmentBytes } from '@migrator/migration-worker/measuring';
import { residentBytes, startBenchStack } from './bench-stack.js';
import { figure } from './figure.js';
import type { Measure } from './measure.js';
import { Tenants } from './tenants.js';

const mb = 1024 * 1024;
const unlimited = JSON.stringify({ limits: { 'files.unitsPerMinute': { max: 1e15 } } });

export const measureFilesResume: Measure = async ({ short, progress }) => {
  const bytes = short ? 120 * mb : 5 * 1024 * mb;
  const bench = await startBenchStack({ 'migration-worker': { LOG_LEVEL: 'warn', GRAPH_LIMITS: unlimited } }, 1);
  try {
    const tenants = new Tenants(bench);
    const source = await tenants.make('contoso', [{ alias: 'ada', drive: { content: { large: [bytes] } } }]);
    const destination = await tenants.make('fabrikam', [{ alias: 'ada', drive: true }]);
    const [sourceId, destId] = [await tenants.connect(source, 'source'), await tenants.connect(destination, 'destination')];
    await tenants.control.call('DELETE', '/requests');
    const received = async (): Promise<number> => (await tenants.control.call<{ bytesIn: number }>('GET', '/counters')).bytesIn;
    const job = tenants.migrate(sourceId, destId, { type: 'ONEDRIVE', scope: { versions: false, permissions: false } });
    job.catch(() => undefined);
    const began = performance.now();
    while ((await received()) < bytes / 2) await pause(5);
    const atKill = await received();
    process.kill(bench.pidOf('migration-worker-1'), 'SIGKILL');
    const seconds = (performance.now() - began) / 1_000;
    progress(`killed after ${(atKill / mb).toFixed(0)} of ${(bytes / mb).toFixed(0)} MB, ${seconds.toFixed(1)} s after the job was made`);
    if (atKill > bytes * 0.95) throw new Error('The file was nearly whole when its worker was killed.');
    await bench.freshWorkers(1);
    const done = await job;
    // Bodies of small calls are counted too; they are a few kilobytes.
    const twice = (await received()) - bytes;
    await tenants.compareDrives(source, destination);
    const peak = residentBytes(bench.pidOf('migration-worker-1'), 'peak') / mb;
    progress(`whole after ${done.seconds.toFixed(1)} s in all; the second worker held ${peak.toFixed(0)} MB at most`);
    return [
      figure('files-resume.sent-twice', Math.max(0, twice) / mb, 'MB', fragmentBytes / mb, { says: 'at most one fragment', reached: twice <= fragmentBytes + mb / 4 }),
      figure('files-resume.time', done.seconds, 's', seconds),
    ];
  } finally {
    await bench.down();
  }
};
