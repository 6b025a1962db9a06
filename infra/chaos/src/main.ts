#!/usr/bin/env node
/** `npm run chaos`. */
import { parseArgs } from 'node:util';
import { carriable, makePlan, type Carriable, type PlanSize } from './plan.js';
import { runSeeds, type SeedRun } from './run-seeds.js';

const help = `Migrations between two simulated organisations while everything around them fails; afterwards nothing may be lost or doubled,
and every counter must be what the rows say.

  npm run chaos -- [--seed N ...] [--runs N] [--minutes N] [--only WORKLOAD] [--short] [--json] [--plan]

  --seed N     a plan that was seen before; may be given several times. Otherwise seeds are drawn
  --runs N     so many seeds (default 5)
  --minutes N  as many seeds as begin within this time
  --only W     carry this workload alone, whatever the seeds would draw: ${carriable.join(' or ')}
  --short      small plans, as in npm test
  --json       one JSON object per seed
  --plan       print the plans and strike nothing

Exit code 0 when every guarantee held in every run, 1 otherwise; the plan and the logs of a failed run are kept below .chaos.
`;

const seedMax = 2 ** 31;

function* drawn(count: number): Generator<number> {
  for (let index = 0; index < count; index += 1) yield Math.floor(Math.random() * seedMax);
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value >= seedMax) throw new Error(`--${name} takes a whole number from 0 to ${seedMax - 1}.`);
  return value;
}

function carriableNamed(text: string): Carriable {
  const found = carriable.find((each) => each === text);
  if (found === undefined) throw new Error(`--only takes ${carriable.join(' or ')}.`);
  return found;
}

function tell(run: SeedRun, size: PlanSize, only: Carriable | null): string {
  const strikes = Object.values(run.struck).reduce((sum, times) => sum + times, 0);
  if (run.evidence === null) return `seed ${run.seed}: all held over ${run.items} items and ${strikes} strikes in ${run.seconds} s`;
  return [`seed ${run.seed}: FAILED after ${strikes} strikes`, ...run.violations.map((each) => `  ${each}`), `  logs, rows and plan: ${run.evidence}`, `  again: npm run chaos -- --seed ${run.seed}${size === 'short' ? ' --short' : ''}${only === null ? '' : ` --only ${only}`}`].join('\n');
}

async function run(): Promise<number> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, seed: { type: 'string', multiple: true }, runs: { type: 'string' }, minutes: { type: 'string' }, only: { type: 'string' }, short: { type: 'boolean' }, json: { type: 'boolean' }, plan: { type: 'boolean' } } });
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const size = values.short === true ? 'short' : 'long';
  const only = values.only === undefined ? null : carriableNamed(values.only);
  const until = values.minutes === undefined ? Infinity : Date.now() + whole('minutes', values.minutes) * 60_000;
  const count = values.runs !== undefined ? whole('runs', values.runs) : values.minutes === undefined ? 5 : Infinity;
  const seeds = values.seed?.map((each) => whole('seed', each)) ?? drawn(count);
  if (values.plan === true) {
    if (values.seed === undefined) throw new Error('--plan needs a --seed.');
    for (const seed of seeds) process.stdout.write(`${JSON.stringify(makePlan(seed, size, only), null, values.json === true ? undefined : 1)}\n`);
    return 0;
  }
  let interrupted = false;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => { interrupted = true; });
  const struck = new Map<string, number>();
  let runs = 0;
  const failed: number[] = [];
  await runSeeds({
    seeds,
    size,
    only,
    stop: () => interrupted || Date.now() > until,
    say: (line) => process.stderr.write(`${line}\n`),
    ended: (one) => {
      runs += 1;
      if (one.evidence !== null) failed.push(one.seed);
      for (const [name, times] of Object.entries(one.struck)) struck.set(name, (struck.get(name) ?? 0) + times);
      process.stdout.write(`${values.json === true ? JSON.stringify(one) : tell(one, size, only)}\n`);
    },
  });
  if (values.json !== true) {
    const width = Math.max(...[...struck.values()].map((times) => String(times).length), 1);
    process.stdout.write(`\n${[...struck].sort(([, one], [, other]) => other - one).map(([name, times]) => `${String(times).padStart(width)}  ${name}`).join('\n')}\n\n${runs - failed.length} of ${runs} seeds held${failed.length > 0 ? `; failed: ${failed.join(', ')}` : ''}\n`);
  }
  return failed.length > 0 ? 1 : interrupted ? 130 : 0;
}

run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
