/** The table at the end, and the same as JSON. */
import type { Item, Job } from '@migrator/contracts/api/jobs';
import type { Comparison } from './control-client.js';
import type { Verification } from './verification.js';

export interface Summary {
  items: number;
  bytes: number;
  seconds: number;
  itemsPerSecond: number;
  requests: number;
  throttled: number;
  errors: number;
  skipped: number;
  lost: number;
  duplicated: number;
  differing: number;
  refusedBySource: number;
  inconsistentCounters: number;
  workerMemoryBytesHighest: number;
  workersKilled: number;
  invitationsSent: number;
  deltaItems: number;
  verification: Verification;
}

export const succeeded = (summary: Summary): boolean => summary.lost === 0 && summary.duplicated === 0 && summary.differing === 0 && summary.inconsistentCounters === 0 && summary.invitationsSent === 0 && summary.verification.unexpected === 0 && summary.verification.compared > 0;

export function makeSummary(parts: { job: Job; full: Job; comparison: Comparison; verification: Verification; counters: { requests: number; throttled: number }; inconsistent: number; memory: number; killed: number }): Summary {
  const { job, full, comparison, counters } = parts;
  const seconds = full.startedAt === null || full.completedAt === null ? 0 : (Date.parse(full.completedAt) - Date.parse(full.startedAt)) / 1000;
  return {
    items: job.doneItems,
    bytes: job.bytesTransferred,
    seconds,
    itemsPerSecond: seconds === 0 ? 0 : Math.round((full.doneItems / seconds) * 10) / 10,
    requests: counters.requests,
    throttled: counters.throttled,
    errors: job.errorItems,
    skipped: job.skippedItems,
    lost: comparison.items.missing + comparison.folders.missing + comparison.settings.missing,
    duplicated: comparison.items.doubled + comparison.items.extra + comparison.folders.extra,
    differing: comparison.items.differs + comparison.folders.differs + comparison.settings.differs,
    refusedBySource: comparison.items.refused,
    inconsistentCounters: parts.inconsistent,
    workerMemoryBytesHighest: parts.memory,
    workersKilled: parts.killed,
    invitationsSent: comparison.outboundMail,
    deltaItems: job.totalItems - full.totalItems,
    verification: parts.verification,
  };
}

export function table(summary: Summary, items: readonly Item[]): string {
  const rows: [string, string][] = [
    ['items arrived', String(summary.items)],
    ['bytes transferred', `${(summary.bytes / 1e6).toFixed(1)} MB`],
    ['time of the full pass', `${summary.seconds.toFixed(1)} s (paused time included)`],
    ['items per second', String(summary.itemsPerSecond)],
    ['requests to Graph', String(summary.requests)],
    ['throttled (429)', String(summary.throttled)],
    ['new items by the delta pass', String(summary.deltaItems)],
    ['workers killed', String(summary.workersKilled)],
    ['highest worker memory', `${(summary.workerMemoryBytesHighest / 1048576).toFixed(0)} MB`],
    ['errors', String(summary.errors)],
    ['skipped', String(summary.skipped)],
    ['lost', String(summary.lost)],
    ['duplicated', String(summary.duplicated)],
    ['differing', String(summary.differing)],
    ['verified on both sides', `${summary.verification.equal} of ${summary.verification.compared} equal, ${summary.verification.knownMissing} missing as reported, ${summary.verification.unexpected} unexpected differences`],
    ['invitations sent', String(summary.invitationsSent)],
  ];
  const listed = [...grouped(items)].flatMap(([, group]) => {
    const [first] = group;
    if (first === undefined) return [];
    const places = group.slice(0, 3).map(({ source, container, kind }) => `${kind} in ${source} / ${container}`);
    return [`  ${group.length} × ${first.status} ${first.code}${first.graphCode === null ? '' : ` (Graph: ${first.graphCode})`}: ${places.join('; ')}${group.length > 3 ? '; …' : ''}`, `      ${first.cause}`, `      → ${first.remedy}`];
  });
  return [...rows.map(([name, value]) => `  ${name.padEnd(30)} ${value}`), ...(listed.length === 0 ? [] : ['', 'What did not simply arrive, as the API lists it:', ...listed])].join('\n');
}

/** By code: the same cause is explained once. */
function grouped(items: readonly Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(`${item.status} ${item.code}`, [...(groups.get(`${item.status} ${item.code}`) ?? []), item]);
  return groups;
}
