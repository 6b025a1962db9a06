import { eventually } from '@migrator/testing/eventually';
import { facts } from '@migrator/contracts/events';
import type { JobStatus } from '@migrator/contracts/api/jobs';
import { World } from '../testing/world.js';
import { transitions } from './job.js';

let world: World;
beforeAll(async () => {
  world = await World.start({ services: 1 });
});
afterAll(() => world.stop());

test('200 racing pauses, resumes, claims and deletes leave a legal history, and an event for each step of it', async () => {
  const history: { jobId: string; from: JobStatus; to: JobStatus }[] = [];
  const subscription = world.nats.connection.subscribe(world.nats.subject('facts.job.status_changed'), {
    callback: (_error, message) => {
      history.push(facts['job.status_changed'].parse(message.json()));
    },
  });
  const id = await world.createJob(['ann', 'bob', 'cat', 'dan']);
  const units = await world.unitIds(id);
  // It runs when the race begins; otherwise every pause may lose to the first claim, and nothing would race.
  const first = await world.claim(units[0] ?? '');
  await world.finish(units[0] ?? '', first.claim, 'released');
  const results = new Map<string, number>();
  // The delete comes in the middle: before it everything else has had its turn.
  let answered = 0;
  let halfway: () => void = () => undefined;
  const middle = new Promise<void>((resolve) => {
    halfway = resolve;
  });
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const act = index % 4;
      const unit = units[index % units.length] ?? '';
      if (index === 199) await middle;
      const reply =
        index === 199
          ? await world.call('DELETE', `/v1/jobs/${id}`)
          : act === 0
            ? await world.call('PATCH', `/v1/jobs/${id}/pause`)
            : act === 1
              ? await world.call('PATCH', `/v1/jobs/${id}/resume`)
              : await world.internal('POST', `/internal/units/${unit}/claim`, { workerId: `w${index}`, leaseSeconds: 60 });
      answered += 1;
      if (answered === 100) halfway();
      const claim = (reply.body as { granted?: boolean; claim?: number }).claim;
      if (claim !== undefined) await world.finish(unit, claim, index % 3 === 0 ? 'done' : 'released', { total: 1, done: 1, error: 0, skipped: 0, bytes: 1 });
      const key = reply.status === 409 ? (reply.body as { code: string }).code : String(reply.status);
      results.set(key, (results.get(key) ?? 0) + 1);
    }),
  );
  expect([...results.keys()].filter((key) => !['200', '404', 'JOB_NOT_RUNNING', 'JOB_NOT_PAUSED'].includes(key))).toEqual([]);
  const [row] = await world.db.sql<{ status: JobStatus; deleted: boolean; outbox: number }[]>`select status, deleted_at is not null as deleted from jobs.jobs where id = ${id}`;
  expect(row?.deleted).toBe(true);
  await eventually('the events', async () => (await world.db.sql`select 1 from jobs.outbox`).length === 0);
  await world.nats.connection.flush();
  subscription.unsubscribe();
  let status: JobStatus = 'QUEUED';
  for (const step of history) {
    expect(step.from).toBe(status);
    expect(Object.values(transitions[step.from])).toContain(step.to);
    status = step.to;
  }
  expect(history.length).toBeGreaterThan(0);
  expect(status).toBe(row?.status);
});
