/**
 * The conformance suite: what the engine counts on, said once and run over every workload. A workload brings a rig: both ends of one
 * unit, what is at each end by fingerprint, and the faults it can arrange.
 */
import type { UnitPorts, UnitScope, Workload } from '../workloads/workload.js';
import { Halt, Stopped } from '../engine/halt.js';
import { recountUnit } from '../engine/ledger.js';
import { attempt, dyingAt, ledgerDatabase, type Attempt, type AttemptEnd, type LedgerDatabase } from './engine-rig.js';

export interface WorkloadRig {
  readonly workload: Workload;
  readonly ports: UnitPorts | undefined;
  readonly scope: Partial<UnitScope>;
  /** Fingerprints of all items by container path: equal content, equal fingerprint. */
  source(): Promise<Map<string, string[]>>;
  destination(): Promise<Map<string, string[]>>;
  /** Writes the destination has taken so far, of items. */
  writes(): Promise<number>;
  /** Changes one item and adds one; returns how many items the source then holds. */
  change(): Promise<number>;
  /** The answers to the next `count` writes are lost after the write. */
  loseAnswers(count: number): Promise<void>;
  /** The source forgets every checkpoint and delta token it gave. */
  forgetCheckpoints(): Promise<void>;
  /** Called with the name of each step that a process could die at; decorates `workload` or `ports`. Rigs that cannot leave it out. */
  onStep?(step: (name: string) => void): void;
  close(): Promise<void>;
}

/** `rig`: a fresh unit with some tens of items in at least two containers. */
export function describeWorkload(name: string, rig: () => Promise<WorkloadRig>): void {
  describe(`the workload ${name}`, () => {
    let database: LedgerDatabase;
    let it: WorkloadRig;
    let owner = '';
    let owners = 0;
    beforeAll(async () => {
      database = await ledgerDatabase();
    });
    afterAll(() => database.close());
    beforeEach(async () => {
      it = await rig();
      owner = `${name} ${++owners}`;
    });
    afterEach(() => it.close());

    const run = (options: Attempt = {}): Promise<AttemptEnd> => attempt(database.sql, owner, it.workload, { ...(it.ports === undefined ? {} : { ports: it.ports }), scope: it.scope, ...options });
    const sorted = (ends: Map<string, string[]>): [string, string[]][] => [...ends].filter(([, items]) => items.length > 0).map(([path, items]): [string, string[]] => [path, [...items].sort()]).sort(([a], [b]) => (a < b ? -1 : 1));
    const expectSame = async (): Promise<void> => {
      expect(sorted(await it.destination())).toEqual(sorted(await it.source()));
    };
    const expectExact = async (end: AttemptEnd): Promise<void> => {
      expect(end.counters.done + end.counters.error + end.counters.skipped).toBe(end.counters.total);
      expect(end.counters).toEqual(await recountUnit(database.sql, `unit ${owner}`));
      for (const { total, done, error, skipped } of end.shown) expect(done + error + skipped).toBeLessThanOrEqual(total);
    };

    test('a full pass copies everything once, with the same content', async () => {
      const end = await run();
      expect(end.result).toBe('done');
      await expectSame();
      await expectExact(end);
    });

    test('a second pass copies nothing', async () => {
      await run();
      const writes = await it.writes();
      const end = await run({ passId: 'pass 2', unitId: `again ${owner}`, jobId: 'job 2' });
      expect(end).toMatchObject({ result: 'done', counters: { bytes: 0, error: 0 } });
      expect(await it.writes()).toBe(writes);
    });

    test('a delta pass takes over only what changed', async () => {
      await run();
      const writes = await it.writes();
      const items = await it.change();
      const end = await run({ mode: 'delta', passId: 'pass 2' });
      expect(end.counters.total).toBe(items);
      expect((await it.writes()) - writes).toBe(2);
      await expectSame();
      await expectExact(end);
    });

    test('forgotten checkpoints list again and copy nothing twice', async () => {
      await run();
      const writes = await it.writes();
      await it.forgetCheckpoints();
      const end = await run({ mode: 'delta', passId: 'pass 2' });
      expect(end.result).toBe('done');
      expect(await it.writes()).toBe(writes);
      await expectSame();
    });

    test('lost answers to writes double nothing and lose nothing', async () => {
      await it.loseAnswers(3);
      const end = await run();
      expect(end).toMatchObject({ result: 'done', counters: { error: 0 } });
      await expectSame();
      await expectExact(end);
    });

    test('a process killed between write and ledger doubles nothing', async () => {
      for (let at = 4; at <= 16; at += 4) {
        const life = dyingAt(at);
        it.onStep?.(life.step);
        await run({ step: life.step });
        it.onStep?.(() => undefined);
      }
      const end = await run();
      expect(end.result).toBe('done');
      await expectSame();
      await expectExact(end);
    });

    test('stopping ends in order, and the unit goes on from there', async () => {
      const halt = new Halt(10_000);
      let commits = 0;
      const stopped = await run({ halt, step: (name) => (name === 'after a commit' && ++commits === 3 ? halt.stop(new Stopped('pause')) : undefined) });
      expect(stopped.result).toBe('released');
      const end = await run();
      expect(end.result).toBe('done');
      await expectSame();
      await expectExact(end);
    });

    test('a dry run writes nothing and says what would be written', async () => {
      const planned = await run({ dryRun: true, scope: { ...it.scope, dryRun: true } });
      expect(planned.result).toBe('done');
      expect(await it.writes()).toBe(0);
      expect(sorted(await it.destination())).toEqual([]);
      const end = await run();
      expect(planned.counters.total).toBe(end.counters.total);
      expect(planned.counters.done).toBe(end.counters.done);
    });
  });
}
