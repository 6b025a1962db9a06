/** Runs seeds one after the other, on a stack that is renewed now and then and after each failure. */
import { join } from 'node:path';
import { checkout } from '@migrator/stack';
import { keepEvidence } from './keep-evidence.js';
import { makePlan, type Carriable, type PlanSize } from './plan.js';
import { runPlan, type Outcome } from './run-plan.js';
import { openStage, type Stage } from './stage.js';

/** Runs on one stack: enough to spare its start, few enough that a failure is not the end of a long history. */
const runsOfStage = 8;

export interface SeedRun extends Outcome {
  /** Where its logs are; null when all was well. */
  evidence: string | null;
}

export interface RunSeeds {
  seeds: Iterable<number>;
  size: PlanSize;
  /** The one workload that is carried, whatever the seeds would draw. */
  only: Carriable | null;
  /** No further seed is begun then. */
  stop: () => boolean;
  say: (line: string) => void;
  ended: (run: SeedRun) => void;
}

export async function runSeeds({ seeds, size, only, stop, say, ended }: RunSeeds): Promise<void> {
  let stage: Stage | null = null;
  let turns = 0;
  try {
    for (const seed of seeds) {
      if (stop()) return;
      if (stage === null || turns === runsOfStage) {
        await stage?.end();
        stage = await openStage();
        turns = 0;
      }
      turns += 1;
      const plan = makePlan(seed, size, only);
      const outcome = await runPlan(stage, plan, turns, (line) => {
        say(`seed ${seed}: ${line}`);
      });
      const evidence = outcome.violations.length === 0 ? null : await keepEvidence(stage, plan, outcome, join(checkout, '.chaos', `seed-${seed}-${size}${only === null ? '' : `-${only}`}`));
      ended({ ...outcome, evidence });
      if (evidence !== null) {
        await stage.end();
        stage = null;
      }
    }
  } finally {
    await stage?.end();
  }
}
