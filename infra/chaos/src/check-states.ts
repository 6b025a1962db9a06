/** A job's changes of state, as the platform announced them: one unbroken chain of legal steps, each told once. */
import { DeliverPolicy } from '@nats-io/jetstream';
import { facts, subjects } from '@migrator/contracts/events';
import { connectNats, type Nats } from '@migrator/messaging/nats';
import { createLogger } from '@migrator/service-kit/logger';
import { eventually } from '@migrator/testing/eventually';
import type { Sql } from 'postgres';
import type { Stage } from './stage.js';

/** By ARCHITECTURE.md and the API's contract; not the product's own table. */
const legal: Readonly<Record<string, readonly string[]>> = {
  QUEUED: ['RUNNING', 'PAUSED', 'DONE', 'ERROR'],
  RUNNING: ['PAUSED', 'DONE', 'ERROR'],
  PAUSED: ['QUEUED'],
  DONE: ['QUEUED'],
  ERROR: ['QUEUED'],
};

export async function checkStates(stage: Stage, sql: Sql, jobId: string, status: string): Promise<string[]> {
  await eventually('every event is published', async () => (await sql`select 1 from jobs.outbox limit 1`).length === 0, 20_000);
  const nats = await connectNats({ url: stage.stack.natsUrl, namespace: stage.state().namespace, name: 'chaos', logger: createLogger('chaos', 'silent') });
  try {
    const steps = await announced(nats, jobId);
    const found: string[] = [];
    let at = 'QUEUED';
    for (const { from, to } of steps) {
      if (from !== at) found.push(`a change from ${from} was announced while the job was ${at}`);
      if (legal[from]?.includes(to) !== true) found.push(`the job went from ${from} to ${to}`);
      at = to;
    }
    if (at !== status) found.push(`the last change announced is to ${at} and the job is ${status}`);
    return found;
  } finally {
    await nats.close();
  }
}

async function announced(nats: Nats, jobId: string): Promise<{ from: string; to: string }[]> {
  const subject = nats.subject(subjects.fact('job.status_changed'));
  const consumer = await nats.js.consumers.get(nats.stream('facts'), { deliver_policy: DeliverPolicy.All });
  const steps: { from: string; to: string }[] = [];
  for (let waiting = (await consumer.info()).num_pending; waiting > 0; ) {
    const message = await consumer.next({ expires: 5_000 });
    if (message === null) break;
    waiting -= 1;
    if (message.subject !== subject) continue;
    const fact = facts['job.status_changed'].parse(message.json());
    if (fact.jobId === jobId) steps.push({ from: fact.from, to: fact.to });
  }
  return steps;
}
