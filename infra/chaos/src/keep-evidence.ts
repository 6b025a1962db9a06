/** What is kept of a run that failed: the plan, what was found, every program's log, the rows that count, and what was asked of the simulated Microsoft. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import type { Plan } from './plan.js';
import type { Outcome } from './run-plan.js';
import type { Stage } from './stage.js';

/** Tables that hold ids, hashes, codes and counters; no content is in any. */
const tables = ['jobs.jobs', 'jobs.passes', 'jobs.units', 'jobs.items', 'jobs.log_lines', 'jobs.positions', 'worker.destinations', 'worker.mappings', 'worker.containers', 'worker.units', 'worker.unit_passes', 'worker.unit_containers', 'worker.ledger', 'worker.recounts', 'worker.departures', 'worker.item_reports'];

/** The folder with everything. */
export async function keepEvidence(stage: Stage, plan: Plan, outcome: Outcome, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'plan.json'), `${JSON.stringify(plan, null, 1)}\n`);
  writeFileSync(join(folder, 'outcome.json'), `${JSON.stringify(outcome, null, 1)}\n`);
  stage.keepLogs(join(folder, 'logs'));
  const sql = postgres(stage.stack.databaseUrl, { max: 1, connect_timeout: 5 });
  try {
    const { requests } = await stage.control.call<{ requests: unknown[] }>('GET', '/requests?limit=100000');
    writeFileSync(join(folder, 'requests.jsonl'), requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
    for (const table of tables) {
      const rows = await sql<{ row: string }[]>`select row_to_json(t)::text as row from ${sql(table)} t`;
      writeFileSync(join(folder, `${table}.jsonl`), rows.map(({ row }) => `${row}\n`).join(''));
    }
  } catch (error) {
    writeFileSync(join(folder, 'tables.txt'), `Requests or rows could not be read: ${String(error)}\n`);
  } finally {
    await sql.end({ timeout: 5 });
  }
  return folder;
}
