/**
 * Whether the estimate tells the truth: jobs of several shapes, while Microsoft takes its time, are asked again and again how long they
 * will still take, and each answer is held against what then really happened.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { jobAnswer, passAnswer, type Estimate, type Job } from '@migrator/contracts/api/jobs';
import { startBenchStack } from './bench-stack.js';
import { figure, median, type Figure } from './figure.js';
import { Tenants, onlyMessages, type UserSpec } from './tenants.js';
import type { Measure } from './measure.js';

/** One answer of one job: at which share of its time it was given, how far its bounds lay apart, and whether the truth lay between them. */
export interface Judged {
  shape: string;
  share: number;
  remaining: number;
  low: number;
  high: number;
  within: boolean;
}

interface Look {
  at: number;
  estimate: Estimate | null | undefined;
}

const lookEveryMs = 400;
const moments = [0, 0.25, 0.5, 0.75] as const;
/** Of the answers at these moments so many must hold the truth. */
const withinMin = 0.9;

export const measureEstimate: Measure = async ({ short, progress }) => {
  const size = short ? 0.1 : 1;
  const bench = await startBenchStack({ 'migration-worker': { WORKER_UNITS: '3', LOG_LEVEL: 'warn' } }, 2);
  try {
    const tenants = new Tenants(bench);
    const judged: Judged[] = [];
    let unanswered = 0;
    const mailboxes = (name: string, counts: readonly number[]): UserSpec[] => counts.map((messages, n) => ({ alias: `${name}${n}`, content: { ...onlyMessages, seed: `${name} ${n}`, messages: Math.max(5, Math.round(messages * size)), mailFolders: n % 5 } }));
    const pair = async (name: string, specs: readonly UserSpec[]): Promise<{ source: string; sourceTenantId: string; destTenantId: string }> => {
      const source = await tenants.make(name, specs);
      const destination = await tenants.make(`${name}-to`, specs.map(({ alias }) => ({ alias, content: 'empty' })));
      return { source: source.domain, sourceTenantId: await tenants.connect(source, 'source'), destTenantId: await tenants.connect(destination, 'destination') };
    };
    const create = async (body: Record<string, unknown>): Promise<Job> => (await tenants.api.call('POST', '/v1/jobs', jobAnswer, { type: 'EMAIL', ...body })).job;
    const watch = async (shape: string, job: Job): Promise<void> => {
      const watched = await follow(tenants, job.id);
      const answers = judge(shape, watched);
      judged.push(...answers);
      unanswered += watched.looks.length - answers.length;
      const [first] = answers;
      progress(`${shape}: ${first?.remaining.toFixed(0) ?? '?'} s; ${moments.map((moment) => describeAt(answers, moment)).join('; ')}`);
    };

    await tenants.control.call('POST', '/limits', { latency: { fixedMs: 80, jitterMs: 40 } });
    const even = await pair('even', mailboxes('even', [...Array<number>(10).fill(180), ...Array<number>(6).fill(240)]));
    const named = (from: number, to: number): { options: { mailboxes: string[] } } => ({ options: { mailboxes: Array.from({ length: to - from }, (_each, n) => `even${from + n}@${even.source}`) } });
    const ofEven = { sourceTenantId: even.sourceTenantId, destTenantId: even.destTenantId };
    const first = await create({ ...ofEven, ...named(0, 10) });
    await watch('even mailboxes, first job of a pair', first);
    await watch('other mailboxes of the same pair', await create({ ...ofEven, ...named(10, 16) }));
    await tenants.control.call('POST', '/exchange/changes', { tenant: even.source, seed: 'later', perMailbox: { new: 5, edited: 3 } });
    await tenants.api.call('POST', `/v1/jobs/${first.id}/passes`, passAnswer, { mode: 'delta' });
    await watch('a delta pass', first);

    const { source: _huge, ...huge } = await pair('huge', mailboxes('huge', [900, ...Array<number>(8).fill(70)]));
    await watch('one huge mailbox among small ones', await create(huge));

    const { source: _one, ...one } = await pair('one', mailboxes('one', Array<number>(7).fill(160)));
    const { source: _two, ...two } = await pair('two', mailboxes('two', Array<number>(4).fill(220)));
    const rivals = await Promise.all([one, two].map(create));
    await Promise.all(rivals.map((job, index) => watch(`two jobs at once, ${index + 1}`, job)));

    return figuresOf(judged, unanswered);
  } finally {
    await bench.down();
  }
};

/** Asks until the job ends. Answers and the end are by one clock. */
async function follow({ api }: Tenants, jobId: string): Promise<{ looks: Look[]; end: number }> {
  const looks: Look[] = [];
  for (;;) {
    const at = performance.now();
    const { job } = await api.call('GET', `/v1/jobs/${jobId}`, jobAnswer);
    if (job.status === 'DONE') return { looks, end: at };
    if (job.status === 'ERROR') throw new Error(`The job stopped: ${JSON.stringify(job.failure)}`);
    looks.push({ at, estimate: job.estimate });
    await pause(lookEveryMs);
  }
}

/** Holds each answer against what then happened. Rounded to whole seconds as the answers are. Pure. */
export function judge(shape: string, { looks, end }: { looks: readonly Look[]; end: number }): Judged[] {
  const [start] = looks;
  if (start === undefined) return [];
  return looks.flatMap(({ at, estimate }) => {
    if (estimate === null || estimate === undefined) return [];
    const remaining = (end - at) / 1_000;
    return [{ shape, share: (at - start.at) / (end - start.at), remaining, low: estimate.lowSeconds, high: estimate.highSeconds, within: estimate.lowSeconds <= Math.ceil(remaining) && Math.floor(remaining) <= estimate.highSeconds }];
  });
}

/** The answer nearest to a moment of a job's time. */
export const at = (answers: readonly Judged[], moment: number): Judged | undefined => [...answers].sort((a, b) => Math.abs(a.share - moment) - Math.abs(b.share - moment))[0];

function describeAt(answers: readonly Judged[], moment: number): string {
  const answer = at(answers, moment);
  return answer === undefined ? `nothing at ${moment * 100} %` : `at ${moment * 100} %: ${answer.low} to ${answer.high} s, was ${answer.remaining.toFixed(1)} s${answer.within ? '' : ' (MISSED)'}`;
}

/** A look at a job under way that got no estimate counts among those that were not told the truth. */
export function figuresOf(judged: readonly Judged[], unanswered: number): Figure[] {
  const shapes = [...new Set(judged.map(({ shape }) => shape))].map((shape) => judged.filter((each) => each.shape === shape));
  const inside = judged.filter(({ within }) => within).length;
  return [
    figure('estimate.within', inside, 'answers', judged.length + unanswered, { says: `≥ ${withinMin * 100} % hold the truth`, reached: judged.length > 0 && inside >= (judged.length + unanswered) * withinMin }),
    ...moments.flatMap((moment) => {
      const answers = shapes.flatMap((each) => at(each, moment) ?? []);
      const name = moment === 0 ? 'start' : `${moment * 100}%`;
      return [
        figure(`estimate.within.${name}`, answers.filter(({ within }) => within).length, 'jobs', answers.length),
        // Beside what was really left: 1 says that the bounds lay as far apart as the time itself is long.
        figure(`estimate.width.${name}`, median(answers.map(({ low, high }) => high - low)), 's between the bounds', median(answers.map(({ remaining }) => remaining))),
      ];
    }),
  ];
}
