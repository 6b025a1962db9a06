/** What a dry run found, as a few lines for people. */
import type { Job } from '@migrator/contracts/api/jobs';

export function describeRehearsal({ dryRunResult, totalItems }: Job): string[] {
  if (dryRunResult === null || dryRunResult === undefined) return [];
  const { wouldCopy, wouldSkip, wouldFail, causes, mapping, realRun } = dryRunResult;
  return [
    `would copy ${wouldCopy.items} of ${totalItems} items (${(wouldCopy.bytes / 1e6).toFixed(0)} MB), skip ${wouldSkip}, fail at ${wouldFail}; the destination is untouched`,
    ...causes.map(({ code, items, cause }) => `${items} × ${code}: ${cause}`),
    ...mapping.filter(({ level }) => level !== 'pass').map(({ title, detail }) => `${title}: ${detail}`),
    ...(realRun === null ? [] : [`the real run would take ${realRun.lowSeconds} to ${realRun.highSeconds} s with these workers (${realRun.basis === 'limits' ? 'by what Graph usually takes' : 'by what passes of before took'})`]),
  ];
}
