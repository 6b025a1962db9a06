/** One act of a plan: a pass begins, is struck while it works, and comes to its end. */
import { randomUUID } from 'node:crypto';
import { jobAnswer, listJobsAnswer, type Job } from '@migrator/contracts/api/jobs';
import { eventually } from '@migrator/testing/eventually';
import { carried } from './carried.js';
import { faultNameOf, type Fault } from './draw-faults.js';
import type { PatientApi } from './patient-api.js';
import type { Act, Carriable, Plan, SourceChanges } from './plan.js';
import type { Scene } from './scene.js';
import type { Stage } from './stage.js';
import { perform, strikeName } from './strike.js';
import { Witness } from './witness.js';

export interface ActRun {
  stage: Stage;
  api: PatientApi;
  scene: Scene;
  plan: Plan;
  /** The jobs of the plan, one for each workload; none before its first act. */
  witnesses: Witness[];
  /** Other jobs over the same sources. */
  rivals: Witness[];
  /** Counts what has struck, by name. */
  struck: Map<string, number>;
  /** Names the act for seeds of changes. */
  name: string;
}

/** Nothing moved for so long: the next event happens now, wherever the work stands. */
const idleMs = 2_000;

/** Resolves when the act's jobs have ended and the stack is whole; throws when they do not end. Leaves its jobs in `run.witnesses`. */
export async function performAct(run: ActRun, act: Act): Promise<Job[]> {
  const { stage, scene, plan, struck } = run;
  const { control } = stage;
  if (act.before !== null) await change(run, act.before, 'before');
  if (act.faults.length > 0) await control.call('POST', '/faults', act.faults);
  const base = await requests(run);
  run.witnesses = await begin(run, act);
  const { witnesses } = run;
  const logs = Promise.all(witnesses.map((witness) => witness.follow()));
  let over = false;
  const aside: Promise<void>[] = [];
  const events: { at: number; happen: () => Promise<void> }[] = [
    ...act.strikes.map((strike) => ({
      at: strike.at,
      happen: async () => {
        await perform(stage, strike, scene, plan);
        count(struck, strikeName(strike));
      },
    })),
    ...act.pauses.map(({ at, restMs }) => ({
      at,
      happen: () => {
        // The storm goes on over the pause.
        aside.push(...witnesses.map((witness) => pause(run, witness, restMs, () => over)));
        return Promise.resolve();
      },
    })),
    ...[act.during ?? []].flat().map(({ at, changes }) => ({ at, happen: () => change(run, changes, 'during') })),
    ...[act.rival ?? []].flat().map(({ at }) => ({ at, happen: async () => { for (const type of plan.carries) run.rivals.push(await newJob(run, type)); } })),
  ].sort((one, other) => one.at - other.at);
  const storm = (async () => {
    for (const event of events) {
      if (!(await reached(run, base + event.at, () => over))) return;
      await event.happen();
    }
  })();
  try {
    const ending = Promise.all(witnesses.map((witness) => witness.ended())).finally(() => {
      over = true;
    });
    // A storm that breaks ends the act; its own end does not.
    await Promise.race([ending, storm.then(() => ending)]);
    await storm;
    await Promise.all(aside);
    await stage.heal();
    for (const rival of run.rivals) await rival.ended();
    const jobs = await Promise.all(witnesses.map((witness) => witness.ended()));
    await Promise.race([logs, new Promise((resolve) => setTimeout(resolve, 15_000))]);
    for (const type of plan.carries) await carried[type].release(control, scene.source);
    return jobs;
  } finally {
    for (const witness of witnesses) witness.leave();
    const { faults } = await control.call<{ faults: { rule: Fault; struck: number }[] }>('GET', '/faults');
    for (const { rule, struck: times } of faults) count(struck, `Graph: ${faultNameOf(rule.id)}`, times);
    await fetch(new URL('/faults', stage.stack.simulatorControlUrl), { method: 'DELETE' });
  }
}

export function count(into: Map<string, number>, name: string, times = 1): void {
  if (times > 0) into.set(name, (into.get(name) ?? 0) + times);
}

async function begin(run: ActRun, act: Act): Promise<Witness[]> {
  const known = act.pass === 'full' ? [] : run.witnesses;
  return known.length === 0 ? await Promise.all(run.plan.carries.map((type) => newJob(run, type))) : await Promise.all(known.map((witness) => nextPass(run, witness, act.pass)));
}

async function nextPass(run: ActRun, witness: Witness, mode: Act['pass']): Promise<Witness> {
  const before = (await witness.job()).passes.length;
  const asked = await run.api.command('POST', `/v1/jobs/${witness.jobId}/passes`, { mode });
  if (asked.status === 202 || (await witness.job()).passes.length > before) return witness;
  if (asked.json['code'] === 'IDEMPOTENCY_CONFLICT') return nextPass(run, witness, mode);
  throw new Error(`a ${mode} pass was answered ${asked.status} and is not there: ${JSON.stringify(asked.json)}`);
}

/** A job of a name of its own: when its answer was lost with a service, it is looked for, as the contract tells clients to. */
async function newJob({ api, scene, plan }: Pick<ActRun, 'api' | 'scene' | 'plan'>, type: Carriable): Promise<Witness> {
  const name = randomUUID();
  const asked = await api.command('POST', '/v1/jobs', { sourceTenantId: scene.sourceTenantId, destTenantId: scene.destTenantId, type, name, options: { deletions: plan.deletions, ...carried[type].options?.(scene) } });
  if (asked.status === 201) return new Witness(api, type, jobAnswer.parse(asked.json).job.id);
  const there = (await api.client.call('GET', '/v1/jobs?limit=100', listJobsAnswer)).jobs.find((each) => each.name === name);
  if (there !== undefined) return new Witness(api, type, there.id);
  if (asked.json['code'] === 'IDEMPOTENCY_CONFLICT') return newJob({ api, scene, plan }, type);
  throw new Error(`a job was answered ${asked.status}: ${JSON.stringify(asked.json)}`);
}

async function change({ stage, scene, plan, name }: ActRun, changes: SourceChanges, when: string): Promise<void> {
  for (const type of plan.carries) await carried[type].change(stage.control, scene.source, `${name} ${when}`, changes);
}

/** Pauses a running job, waits until its workers are idle, and resumes it. A job that is over meanwhile is not paused. */
async function pause({ api, struck }: ActRun, witness: Witness, restMs: number, over: () => boolean): Promise<void> {
  const answered = await api.command('PATCH', `/v1/jobs/${witness.jobId}/pause`);
  if (answered.status !== 200 && (await witness.job()).status !== 'PAUSED') return;
  count(struck, 'paused');
  await eventually('the workers are idle', async () => over() || !(await witness.job()).draining, 90_000);
  await new Promise((resolve) => setTimeout(resolve, restMs));
  await api.command('PATCH', `/v1/jobs/${witness.jobId}/resume`);
}

/** Waits until the simulator has served so many requests, or nothing moves; false when the act was over before. */
async function reached(run: ActRun, wanted: number, over: () => boolean): Promise<boolean> {
  let last = -1;
  let since = Date.now();
  for (;;) {
    if (over()) return false;
    const now = await requests(run);
    if (now >= wanted) return true;
    if (now !== last) since = Date.now();
    else if (Date.now() - since > idleMs) return true;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

const requests = async ({ stage }: ActRun): Promise<number> => (await stage.control.call<{ requests: number }>('GET', '/counters')).requests;
