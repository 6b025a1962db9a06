/** Runs a verify pass over a unit in a test, and collects what it tells. */
import type { Difference, VerificationEvent, VerifiedCounts } from '@migrator/contracts/events';
import type { Sql } from '@migrator/service-kit/database';
import { Halt } from '../engine/halt.js';
import { openLedger } from '../engine/ledger.js';
import { noCounts } from '../engine/verify/compare-place.js';
import { runVerify, type VerifyEnd } from '../engine/verify/run-verify.js';
import type { Workload } from '../workloads/workload.js';
import { nextClaim, portsOf, testRoute, testSeals, type Attempt } from './engine-rig.js';

export interface VerifyAttemptEnd extends VerifyEnd {
  /** What stands after the last `begin`. */
  found: Difference[];
  /** Counts by path of the container. */
  counts: Map<string, VerifiedCounts>;
  total: VerifiedCounts;
  read: number;
  notes: string[];
}

export type VerifyAttempt = Pick<Attempt, 'unitId' | 'passId' | 'halt' | 'ports' | 'scope' | 'filters' | 'step'>;

/** One claim of a unit in a verify pass. */
export async function verifyAttempt(sql: Sql, owner: string, workload: Workload, { unitId = `unit ${owner}`, passId = 'verify 1', halt = new Halt(1_000), ports, scope, filters = {}, step = () => undefined }: VerifyAttempt = {}): Promise<VerifyAttemptEnd> {
  const claim = nextClaim();
  const route = testRoute(owner);
  const opened = await openLedger(sql, { route, jobId: 'job', unitId, claim, leaseSeconds: 30, seals: testSeals });
  if (opened.state !== 'held') throw new Error(`the destination is ${opened.state}`);
  let found: Difference[] = [];
  const counts = new Map<string, VerifiedCounts>();
  const notes: string[] = [];
  let read = 0;
  const tell = (event: VerificationEvent): Promise<void> => {
    step(`tell ${event.kind}`);
    if (event.kind === 'begin') {
      found = [];
      counts.clear();
    } else if (event.kind === 'differences') found.push(...event.differences);
    else if (event.kind === 'container') counts.set(event.path, event.counts);
    return Promise.resolve();
  };
  const end = await runVerify({
    ...{ sql, route, unitId, passId, claim, workload, ports: ports === undefined ? undefined : portsOf(ports), halt, filters, counters: opened.ledger.counters },
    scope: { source: { microsoftId: 's', address: 's@example.com' }, dest: { microsoftId: 'd', address: 'd@example.com' }, scope: { email: true, calendar: true, contacts: true, tasks: true }, filters, merge: true, versionsMax: null, deletions: 'keep', destPrefix: null, dryRun: true, ...scope },
    observer: { tell, progress: (now) => (read = Math.max(read, now)), note: (level, sentence) => notes.push(`${level} ${sentence}`) },
  });
  await opened.ledger.release();
  if (end.result === 'failed' && end.unexpected !== null && halt.reason === null) throw new Error('the verification failed unexpectedly', { cause: end.unexpected });
  const total = noCounts();
  for (const each of counts.values()) for (const name of Object.keys(total) as (keyof VerifiedCounts)[]) total[name] += each[name];
  return { ...end, found, counts, total, read, notes };
}

/** Codes with the container they were found in, in order of both. */
export const codesOf = ({ found }: Pick<VerifyAttemptEnd, 'found'>): string[] => found.map(({ code, container }) => `${code} ${container}`).sort();
