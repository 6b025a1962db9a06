/** Runs one plan on a stack and says what it found. */
import { listItemsAnswer, type Job } from '@migrator/contracts/api/jobs';
import type { Comparison } from '@migrator/demo/control-client';
import postgres from 'postgres';
import { carried } from './carried.js';
import { judge } from './check-comparison.js';
import { checkCounters, checkLeftovers } from './check-counters.js';
import { checkLog } from './check-log.js';
import { checkVerification } from './check-verification.js';
import { checkStates } from './check-states.js';
import { createPatientApi, type PatientApi } from './patient-api.js';
import { performAct, type ActRun } from './perform-act.js';
import type { Act, Plan } from './plan.js';
import { setScene, type Scene } from './scene.js';
import type { Stage } from './stage.js';
import type { Witness } from './witness.js';

export interface Outcome {
  seed: number;
  /** Sentences; empty when every guarantee held. */
  violations: string[];
  /** How often what has struck. */
  struck: Record<string, number>;
  items: number;
  seconds: number;
}

/** A pass that nothing disturbs. */
const calm = (pass: Act['pass']): Act => ({ pass, rival: null, before: null, during: null, pauses: [], faults: [], strikes: [] });

/** Never throws for what the platform does: that is a violation. */
export async function runPlan(stage: Stage, plan: Plan, turn: number, say: (line: string) => void): Promise<Outcome> {
  const began = Date.now();
  const struck = new Map<string, number>();
  const violations: string[] = [];
  const api = createPatientApi(stage.stack.gatewayUrl, stage.stack.apiKey);
  let items = 0;
  try {
    const scene = await setScene(api.client, stage.control, plan, turn);
    const run: ActRun = { stage, api, scene, plan, witnesses: [], rivals: [], struck, name: '' };
    /** The source has changed in a way that the last pass may not have seen. */
    let behind = false;
    for (const [index, act] of plan.acts.entries()) {
      run.name = `${plan.seed}.${index}`;
      const found = await actAndCheck(run, act, `act ${index + 1} of ${plan.acts.length}`, say, { after: act.during !== null, before: behind });
      behind = found.behind;
      violations.push(...found.violations);
      if (violations.length > 0) break;
    }
    if (violations.length === 0) {
      // Whatever the storm left open, calm passes must bring to its end.
      for (const act of [...(behind ? [calm('delta')] : []), calm('retry'), ...(plan.size === 'long' ? [calm('verify')] : [])]) {
        const last = act.pass === 'retry' || act.pass === 'verify';
        if (violations.length === 0) violations.push(...(await actAndCheck(run, act, 'calm', say, { after: false, before: !last && behind, last })).violations);
      }
    }
    for (const type of plan.carries) items += (await carried[type].compare(stage.control, scene, plan)).items.expected;
    await clear(stage, scene);
  } catch (error) {
    violations.push(told(error));
  }
  violations.push(...new Set(api.wrong));
  return { seed: plan.seed, violations, struck: Object.fromEntries([...struck].sort()), items, seconds: Math.round((Date.now() - began) / 100) / 10 };
}

/** An error with what caused it, and where. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? ` ${String(error.code)}` : '';
  const cause = error.cause === undefined || error.cause === null ? '' : `, caused by ${told(error.cause)}`;
  return `${error.message}${code}${cause}${cause === '' ? `\n${error.stack?.split('\n').slice(1, 6).join('\n') ?? ''}` : ''}`;
}

interface Expectation {
  /** Changes came while the pass was under way. */
  after: boolean;
  /** An earlier act left changes that only a delta pass brings. */
  before: boolean;
  /** Nothing may be open any more. */
  last?: boolean;
}

async function actAndCheck(run: ActRun, act: Act, name: string, say: (line: string) => void, { after, before, last = false }: Expectation): Promise<{ violations: string[]; behind: boolean }> {
  const began = Date.now();
  const jobs = await performAct(run, act);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const behind = after || (before && act.pass !== 'delta');
  const violations: string[] = [];
  for (const [index, job] of jobs.entries()) {
    const witness = run.witnesses[index];
    if (witness === undefined) continue;
    const { type } = witness;
    const found = await checkJob(run, witness, job, { behind, last, verified: act.pass === 'verify' });
    say(`${name}: ${act.pass} of ${type}, ${job.status} in ${seconds} s; ${job.doneItems} done, ${job.errorItems} errors, ${job.skippedItems} skipped${found.open > 0 ? `, ${found.open} of them for a later pass` : ''}`);
    violations.push(...found.violations.map((each) => `${name} (${act.pass} of ${type}): ${each}`));
  }
  const sql = postgres(run.stage.stack.databaseUrl, { max: 1 });
  try {
    for (const rival of run.rivals) violations.push(...[...rival.violations, ...(await checkCounters(sql, await rival.job()))].map((each) => `${name} (another job of ${rival.type}): ${each}`));
    violations.push(...(await checkLeftovers(sql, last)).map((each) => `${name} (${act.pass}): ${each}`));
  } finally {
    await sql.end();
  }
  return { violations, behind };
}

async function checkJob({ stage, api, scene, plan }: ActRun, witness: Witness, job: Job, { behind, last, verified }: { behind: boolean; last: boolean; verified: boolean }): Promise<{ open: number; violations: string[] }> {
  const comparison = await carried[witness.type].compare(stage.control, scene, plan);
  const open = openItems(job, comparison, await failedItems(api, witness));
  const standing = last ? 'equal' : behind ? 'behind' : open === 0 && job.status === 'DONE' ? 'equal' : 'open';
  const violations = [...judge(comparison, standing, plan.deletions), ...witness.violations];
  if (last && verified) violations.push(...(await checkVerification(api, job, comparison.items.kept)));
  if (last && open > 0) violations.push(`${open} items failed that nothing refuses, in a pass that nothing disturbed`);
  if (last && job.status !== 'DONE') violations.push(`a pass that nothing disturbed ended with ${job.status}: ${JSON.stringify(job.failure)}`);
  const sql = postgres(stage.stack.databaseUrl, { max: 1 });
  try {
    violations.push(...(await checkCounters(sql, job)));
    violations.push(...(await checkLog(sql, api, job.id, witness.lines)));
    violations.push(...(await checkStates(stage, sql, job.id, job.status)));
  } finally {
    await sql.end();
  }
  return { open, violations };
}

/** Failures that the simulator was not told to make for good: a later pass must bring them. */
function openItems(job: Job, comparison: Comparison, failed: number): number {
  return Math.max(0, failed - comparison.items.refused) + (job.errorItems - failed);
}

async function failedItems(api: PatientApi, witness: Witness): Promise<number> {
  let failed = 0;
  let cursor = '';
  do {
    const page = await api.client.call('GET', `/v1/jobs/${witness.jobId}/items?status=failed&limit=500${cursor}`, listItemsAnswer);
    failed += page.items.length;
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
  } while (cursor !== '');
  return failed;
}

/** Gives the simulator its memory back. */
async function clear({ stack }: Stage, { source, destination }: Scene): Promise<void> {
  for (const tenant of [source, destination]) await fetch(new URL(`/tenants/${tenant}`, stack.simulatorControlUrl), { method: 'DELETE' });
}
