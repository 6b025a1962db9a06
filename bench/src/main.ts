#!/usr/bin/env node
/** `npm run bench`. */
import { parseArgs } from 'node:util';
import type { Figure } from './figure.js';
import type { Measure } from './measure.js';
import { measureCheckIn } from './measure-check-in.js';
import { measureDeltaFew, measureDeltaUnchanged } from './measure-delta.js';
import { measureDeltaFiles } from './measure-delta-files.js';
import { measureEngineMail } from './measure-engine-mail.js';
import { measureFilesLarge, measureFilesSmall } from './measure-engine-files.js';
import { measureFilesResume } from './measure-files-resume.js';
import { measureDistribution } from './measure-distribution.js';
import { measureEstimate } from './measure-estimate.js';
import { measureExport } from './measure-export.js';
import { measureFleet } from './measure-fleet.js';
import { measureGovernorFiles } from './measure-governor-files.js';
import { measureGovernorMail } from './measure-governor-mail.js';
import { measureGovernorShared } from './measure-governor-shared.js';
import { measureGateway } from './measure-gateway.js';
import { measureHash } from './measure-hash.js';
import { measureLedger } from './measure-ledger.js';
import { measureLists } from './measure-lists.js';
import { measureMemory } from './measure-memory.js';
import { measurePermissions } from './measure-permissions.js';
import { measureSse } from './measure-sse.js';

const measures: Record<string, { measure: Measure; says: string }> = {
  distribution: { measure: measureDistribution, says: 'places and requests in use: in a mailbox with a huge folder, in a job with a huge mailbox' },
  estimate: { measure: measureEstimate, says: 'how often the truth lay between an estimate’s bounds, and how far apart they were' },
  gateway: { measure: measureGateway, says: 'what the gateway costs a call, against the same call straight at its service' },
  checkin: { measure: measureCheckIn, says: '100,000 devices, 2,000 check-ins a second, commands handed out once' },
  ledger: { measure: measureLedger, says: '50 million rows: look up, claim and complete in batches of 500, against one million' },
  lists: { measure: measureLists, says: 'first and last page of a million jobs, items and log lines' },
  sse: { measure: measureSse, says: '2,000 readers of one log, 100 lines a second' },
  export: { measure: measureExport, says: 'a log of a million lines as CSV' },
  'engine-mail': { measure: measureEngineMail, says: 'items a second of a full copy, against the same Graph calls with nothing around them' },
  'engine-files-small': { measure: measureFilesSmall, says: '20,000 small files of 20 drives, against rclone and against the same Graph calls with nothing around them' },
  'engine-files-large': { measure: measureFilesLarge, says: '8 files of 1 GB, against the same two' },
  'files-resume': { measure: measureFilesResume, says: 'a worker killed in the middle of a file of 5 GB: what is sent twice' },
  hash: { measure: measureHash, says: 'the hash of files on one core, against a plain copy of the buffer' },
  'delta-unchanged': { measure: measureDeltaUnchanged, says: 'a second pass over a mailbox of a million items with nothing new' },
  'delta-few': { measure: measureDeltaFew, says: 'the same with a thousand items that are new or changed' },
  'delta-unchanged-files': { measure: measureDeltaFiles, says: 'a second pass over a drive of a million things with nothing new' },
  permissions: { measure: measurePermissions, says: 'what the sharing of 200 things among 10,000 costs in requests' },
  'governor-files': { measure: measureGovernorFiles, says: 'how much of SharePoint’s resource units a copy of four drives uses' },
  'governor-mail': { measure: measureGovernorMail, says: 'how much of Microsoft’s limits a copy of eight mailboxes uses, small items and large ones' },
  'governor-shared': { measure: measureGovernorShared, says: 'jobs of two processes that share one mailbox’s limits, and a third that joins them' },
  fleet: { measure: measureFleet, says: '1, 2 and 4 workers while Microsoft takes 100 ms to answer' },
  memory: { measure: measureMemory, says: 'a worker’s memory over items of 150 MB, a folder of a million, 10,000 folders' },
};

const help = `Measures the platform on this machine, each figure beside its baseline of the same run.

  npm run bench -- ${Object.keys(measures).join(' | ')} | all [--json] [--short] [--rows N]

${Object.entries(measures).map(([name, { says }]) => `  ${name.padEnd(21)} ${says}`).join('\n')}

  --json    one JSON object per line: name, value, unit, baseline, ratio, target, met, machine
  --rows N  how many rows or items the large one holds, for those that have one
  --short   small and quick: shows that it works, not how fast it is

Exit code 0 when everything that was measured reaches its target, 2 when something does not; with --short 0 when it ran to its end.
`;

function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, baseline, ratio, target, met }) => [name, `${value} ${unit}`, `baseline ${baseline}`, `ratio ${ratio}`, target === null ? '' : `${met === true ? 'reaches' : 'MISSES'} ${target}`]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' }, short: { type: 'boolean' }, rows: { type: 'string' } } });
  const wanted = positionals.includes('all') ? Object.keys(measures) : positionals;
  if (values.help === true || wanted.length === 0) {
    process.stdout.write(help);
    return 0;
  }
  const unknown = wanted.filter((name) => measures[name] === undefined);
  if (unknown.length > 0) throw new Error(`There is no measurement called ${unknown.join(', ')}; there are ${Object.keys(measures).join(', ')}.`);
  const rows = values.rows === undefined ? null : Number(values.rows);
  if (rows !== null && !(Number.isSafeInteger(rows) && rows > 0)) throw new Error(`--rows takes a number of rows, not ${values.rows ?? ''}.`);
  let missed = false;
  for (const name of wanted) {
    const figures = (await measures[name]?.measure({ short: values.short === true, rows, progress: (line) => process.stderr.write(`${name}: ${line}\n`) })) ?? [];
    process.stdout.write(values.json === true ? figures.map((one) => `${JSON.stringify(one)}\n`).join('') : `${table(figures)}\n`);
    missed ||= figures.some(({ met }) => met === false);
  }
  return missed && values.short !== true ? 2 : 0;
}

run().then(
  (code) => {
    process.exit(code);
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
