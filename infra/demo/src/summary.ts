/** The table at the end, and the same as JSON. */
import type { Item, Job } from '@migrator/contracts/api/jobs';
import type { Comparison } from './control-client.js';
import type { Verification } from './verification.js';

/** Of one workload. */
export interface WorkloadSummary {
  items: number;
  bytes: number;
  seconds: number;
  itemsPerSecond: number;
  errors: number;
  skipped: number;
  lost: number;
  duplicated: number;
  differing: number;
  refusedBySource: number;
  inconsistentCounters: number;
  workersKilled: number;
  invitationsSent: number;
  deltaItems: number;
  verification: Verification;
}

/** All workloads together, and each by itself. */
export interface Summary extends WorkloadSummary {
  requests: number;
  throttled: number;
  workerMemoryBytesHighest: number;
  workloads: Record<string, WorkloadSummary>;
}

export const succeeded = ({ workloads }: Summary): boolean => Object.values(workloads).every((each) => each.items > 0 && each.lost === 0 && each.duplicated === 0 && each.differing === 0 && each.inconsistentCounters === 0 && each.invitationsSent === 0 && each.verification.unexpected === 0 && each.verification.compared > 0);

const secondsOf = ({ startedAt, completedAt }: Job): number => (startedAt === null || completedAt === null ? 0 : (Date.parse(completedAt) - Date.parse(startedAt)) / 1000);
const pace = (items: number, seconds: number): number => (seconds === 0 ? 0 : Math.round((items / seconds) * 10) / 10);

export function summaryOf({ job, full, comparison, verification, inconsistent, killed }: { job: Job; full: Job; comparison: Comparison; verification: Verification; inconsistent: number; killed: number }): WorkloadSummary {
  const seconds = secondsOf(full);
  return {
    items: job.doneItems,
    bytes: job.bytesTransferred,
    seconds,
    itemsPerSecond: pace(full.doneItems, seconds),
    errors: job.errorItems,
    skipped: job.skippedItems,
    lost: comparison.items.missing + comparison.folders.missing + comparison.settings.missing,
    duplicated: comparison.items.doubled + comparison.items.extra + comparison.folders.extra,
    differing: comparison.items.differs + comparison.folders.differs + comparison.settings.differs,
    refusedBySource: comparison.items.refused,
    inconsistentCounters: inconsistent,
    workersKilled: killed,
    invitationsSent: comparison.outboundMail,
    deltaItems: job.totalItems - full.totalItems,
    verification,
  };
}

export function makeSummary(parts: readonly { type: string; summary: WorkloadSummary }[], { requests, throttled, memory }: { requests: number; throttled: number; memory: number }): Summary {
  const sum = (of: (summary: WorkloadSummary) => number): number => parts.reduce((total, { summary }) => total + of(summary), 0);
  const seconds = sum((each) => each.seconds);
  return {
    items: sum((each) => each.items),
    bytes: sum((each) => each.bytes),
    seconds,
    itemsPerSecond: pace(sum((each) => each.itemsPerSecond * each.seconds), seconds),
    errors: sum((each) => each.errors),
    skipped: sum((each) => each.skipped),
    lost: sum((each) => each.lost),
    duplicated: sum((each) => each.duplicated),
    differing: sum((each) => each.differing),
    refusedBySource: sum((each) => each.refusedBySource),
    inconsistentCounters: sum((each) => each.inconsistentCounters),
    workersKilled: sum((each) => each.workersKilled),
    invitationsSent: sum((each) => each.invitationsSent),
    deltaItems: sum((each) => each.deltaItems),
    verification: {
      outcome: ['incomplete', 'differences'].find((each) => parts.some(({ summary }) => summary.verification.outcome === each)) ?? parts[0]?.summary.verification.outcome ?? 'incomplete',
      ...{ compared: sum((each) => each.verification.compared), equal: sum((each) => each.verification.equal), knownMissing: sum((each) => each.verification.knownMissing) },
      ...{ unexpected: sum((each) => each.verification.unexpected), notComparable: sum((each) => each.verification.notComparable), own: sum((each) => each.verification.own) },
    },
    ...{ requests, throttled, workerMemoryBytesHighest: memory },
    workloads: Object.fromEntries(parts.map(({ type, summary }) => [type, summary])),
  };
}

/** A column for each workload, and what did not simply arrive. */
export function table({ requests, throttled, workerMemoryBytesHighest, workloads }: Summary, items: readonly Item[]): string {
  const columns = Object.entries(workloads);
  const row = (name: string, of: (summary: WorkloadSummary) => string | number): string => `  ${name.padEnd(34)}${columns.map(([, summary]) => String(of(summary)).padStart(14)).join('')}`;
  const rows = [
    `  ${' '.repeat(34)}${columns.map(([type]) => type.padStart(14)).join('')}`,
    row('items arrived', (each) => each.items),
    row('megabytes transferred', (each) => (each.bytes / 1e6).toFixed(1)),
    row('seconds of the full pass, paused', (each) => each.seconds.toFixed(1)),
    row('items per second', (each) => each.itemsPerSecond),
    row('new items by the delta pass', (each) => each.deltaItems),
    row('workers killed', (each) => each.workersKilled),
    row('errors', (each) => each.errors),
    row('skipped', (each) => each.skipped),
    row('lost', (each) => each.lost),
    row('duplicated', (each) => each.duplicated),
    row('differing', (each) => each.differing),
    row('verified: compared on both sides', (each) => each.verification.compared),
    row('verified: equal', (each) => each.verification.equal),
    row('verified: less, as reported', (each) => each.verification.knownMissing),
    row('verified: unexpected differences', (each) => each.verification.unexpected),
    row('invitations sent', (each) => each.invitationsSent),
    '',
    `  ${requests} requests to Graph, ${throttled} of them throttled (429); highest worker memory ${(workerMemoryBytesHighest / 1048576).toFixed(0)} MB`,
  ];
  const listed = [...grouped(items)].flatMap(([, group]) => {
    const [first] = group;
    if (first === undefined) return [];
    const places = group.slice(0, 3).map(({ source, container, kind }) => `${kind} in ${source} / ${container}`);
    return [`  ${group.length} × ${first.status} ${first.code}${first.graphCode === null ? '' : ` (Graph: ${first.graphCode})`}: ${places.join('; ')}${group.length > 3 ? '; …' : ''}`, `      ${first.cause}`, `      → ${first.remedy}`];
  });
  return [...rows, ...(listed.length === 0 ? [] : ['', 'What did not simply arrive, as the API lists it:', ...listed])].join('\n');
}

/** By code: the same cause is explained once. */
function grouped(items: readonly Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(`${item.status} ${item.code}`, [...(groups.get(`${item.status} ${item.code}`) ?? []), item]);
  return groups;
}
