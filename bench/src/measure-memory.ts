/** A worker's memory stays flat, whatever the size of the items, of the folders, and of the tree of folders. */
import type { Measure } from './measure.js';
import { residentBytes, startBenchStack } from './bench-stack.js';
import { figure, type Figure } from './figure.js';
import { Tenants, onlyMessages, type UserSpec } from './tenants.js';

const wantedMb = 300;
const mb = 1024 * 1024;
/** The largest attachment that Graph takes. */
const largestBytes = 150 * mb;
const mailboxesAtOnce = 6;

interface Case {
  name: string;
  says: string;
  mailboxes: UserSpec[];
  items: number;
  /** Listed, decided and planned, not written. */
  dryRun?: boolean;
}

const many = (count: number, content: Record<string, unknown>): UserSpec[] => Array.from({ length: count }, (_each, n) => ({ alias: `user${n}`, content: { ...onlyMessages, seed: `mailbox ${n}`, ...content } }));

/**
 * Sized by what Microsoft lets one mailbox do, which the worker keeps to whatever the simulator would take: 150 MB of uploads in five
 * minutes, so one large item a mailbox; 10,000 requests in ten, so two mailboxes of 5,000 folders, and a million items in a dry run.
 */
function cases(short: boolean, rows: number | null): Case[] {
  const messages = short ? 50 : 1_000;
  const largest = short ? 8 * mb : largestBytes;
  const large = short ? mailboxesAtOnce : 3 * mailboxesAtOnce;
  const folders = short ? 60 : 5_000;
  /** Few: each folder with one costs an export, and the requests are for the folders. */
  const inFolders = short ? 60 : 200;
  const notes = rows ?? (short ? 2_000 : 1_000_000);
  return [
    { name: 'ordinary', says: `${mailboxesAtOnce} mailboxes of ordinary mail`, mailboxes: many(mailboxesAtOnce, { messages, attachmentEvery: 7 }), items: mailboxesAtOnce * messages },
    { name: 'large-items', says: `${large} items of ${largest / mb} MB, ${mailboxesAtOnce} at once`, mailboxes: many(large, { messages: 1, largeAttachments: [largest] }), items: large },
    { name: 'folders', says: `2 mailboxes of ${folders} folders, at once`, mailboxes: many(2, { messages: inFolders, mailFolders: folders }), items: 2 * inFolders },
    { name: 'large-folder', says: `${notes} items in one folder`, mailboxes: many(1, { notes }), items: notes, dryRun: true },
  ];
}

export const measureMemory: Measure = async ({ short, rows, progress }) => {
  const bench = await startBenchStack({ 'migration-worker': { WORKER_UNITS: String(mailboxesAtOnce), LOG_LEVEL: 'warn' } });
  try {
    const tenants = new Tenants(bench);
    const figures: Figure[] = [];
    let ordinary = Number.NaN;
    for (const { name, says, mailboxes, items, dryRun = false } of cases(short, rows)) {
      progress(says);
      const source = await tenants.make('contoso', mailboxes);
      const destination = await tenants.make('fabrikam', mailboxes.map(({ alias }) => ({ alias, content: 'empty' })));
      const [sourceId, destId] = [await tenants.connect(source, 'source'), await tenants.connect(destination, 'destination')];
      await bench.freshWorkers(1);
      const { seconds, job } = await tenants.migrate(sourceId, destId, { dryRun });
      const peak = residentBytes(bench.pidOf('migration-worker-1'), 'peak') / mb;
      const simulator = residentBytes(bench.pidOf('graph-simulator'), 'now') / mb;
      const arrived = dryRun ? job.doneItems : await tenants.compareItems(source, destination);
      // A dry run counts the mailbox's settings too. The comparison has thrown unless all arrived that should; some generated folders are none to copy.
      if (dryRun ? arrived < items : arrived === 0 || arrived > items) throw new Error(`${arrived} of ${items} items arrived.`);
      progress(`${arrived} items, ${(job.bytesTransferred / mb).toFixed(0)} MB in ${seconds.toFixed(1)} s; the worker held ${peak.toFixed(0)} MB at most, the simulator holds ${simulator.toFixed(0)} MB`);
      if (Number.isNaN(ordinary)) ordinary = peak;
      figures.push(figure(`memory.${name}`, peak, 'MB', ordinary, { says: `< ${wantedMb} MB`, reached: peak < wantedMb }));
      await Promise.all([tenants.remove(source), tenants.remove(destination)]);
    }
    return figures;
  } finally {
    await bench.down();
  }
};
