/**
 * The conformance suite: what the engine counts on, said once and run over every workload. A workload brings a rig: both ends of one
 * unit, what is at each end by fingerprint, and the faults it can arrange.
 */
import type { UnitPorts, UnitScope, Workload } from '../workloads/workload.js';
import { Halt, Stopped } from '../engine/halt.js';
import { recountUnit } from '../engine/ledger.js';
import { codesOf, verifyAttempt, type VerifyAttempt, type VerifyAttemptEnd } from './verify-rig.js';
import { attempt, dyingAt, ledgerDatabase, type Attempt, type AttemptEnd, type LedgerDatabase } from './engine-rig.js';

/** What can befall one copy at the destination: its content changes, it goes, it is there twice, or its owner makes an item of their own. */
export const damageKinds = ['change', 'remove', 'double', 'own'] as const;
export type DamageKind = (typeof damageKinds)[number];

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
  /** Moves one item from one container to another; the source's own way decides whether its key stays. */
  move(): Promise<void>;
  /** Deletes one item of the source for good. */
  remove(): Promise<void>;
  /** A person changes the copy of the item that `remove` deletes next. */
  touchCopy(): Promise<void>;
  /** The answers to the next `count` writes are lost after the write. */
  loseAnswers(count: number): Promise<void>;
  /** Does one thing to the destination that a verification must find; returns the code and the container's path. */
  damage(kind: DamageKind): Promise<{ container: string }>;
  /** The source forgets every checkpoint and delta token it gave. */
  forgetCheckpoints(): Promise<void>;
  /** Called with the name of each step that a process could die at; decorates `workload` or `ports`. Rigs that cannot leave it out. */
  onStep?(step: (name: string) => void): void;
  close(): Promise<void>;
}

export interface Suite {
  /** The destination itself keeps two things from being the same one, as a drive does by their names. */
  readonly cannotDouble?: boolean;
  /** Items have one place all their life. */
  readonly cannotMove?: boolean;
}

/** `rig`: a fresh unit with some tens of items in at least two places. */
export function describeWorkload(name: string, rig: () => Promise<WorkloadRig>, { cannotDouble = false, cannotMove = false }: Suite = {}): void {
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
    const verify = (options: VerifyAttempt = {}): Promise<VerifyAttemptEnd> => verifyAttempt(database.sql, owner, it.workload, { ...(it.ports === undefined ? {} : { ports: it.ports }), scope: it.scope, ...options });
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

    test('a faithful copy verifies without a difference, and verifying writes nothing and moves no counter', async () => {
      const copied = await run();
      const writes = await it.writes();
      const end = await verify();
      expect(end.result).toBe('done');
      expect(codesOf(end).filter((code) => !code.startsWith('VERIFY_CONTENT_NOT_SHOWN'))).toEqual([]);
      expect(end.total).toMatchObject({ matched: end.total.sourceItems, missing: 0, extra: 0, differs: 0, ownItems: 0 });
      expect(end.total.sourceItems).toBe(copied.counters.done);
      expect(end.total.destItems).toBe(end.total.sourceItems);
      expect(end.counters).toEqual(copied.counters);
      expect(await it.writes()).toBe(writes);
    });

    const damages = [
      ['change', 'VERIFY_COPY_CHANGED', 'differs'],
      ['remove', 'VERIFY_COPY_GONE', 'missing'],
      ['double', 'VERIFY_DOUBLED', 'extra'],
    ] as const;
    test.each(damages.filter(([kind]) => kind !== 'double' || !cannotDouble))('a copy that suffered “%s” is found, in its container, and nothing else', async (kind, code, counter) => {
      await run();
      const { container } = await it.damage(kind);
      const end = await verify();
      expect(codesOf(end).filter((each) => !each.startsWith('VERIFY_CONTENT_NOT_SHOWN'))).toEqual([`${code} ${container}`]);
      expect(end.counts.get(container)).toMatchObject({ [counter]: 1 });
      expect(end.found.find((each) => each.code === code)).toMatchObject(kind === 'double' ? { sourceItemId: null } : { sourceItemId: expect.any(String) as string });
      if (kind === 'change') expect(end.found.find((each) => each.code === code)?.fields.length).toBeGreaterThan(0);
    });

    test('what the destination’s owner has is counted as theirs and accused of nothing', async () => {
      await run();
      const { container } = await it.damage('own');
      const end = await verify();
      expect(codesOf(end).filter((each) => !each.startsWith('VERIFY_CONTENT_NOT_SHOWN'))).toEqual([]);
      expect(end.counts.get(container)).toMatchObject({ ownItems: 1, extra: 0 });
    });

    test('what is new or changed at the source since the last pass is said to be that', async () => {
      await run();
      await it.change();
      const end = await verify();
      expect(end.found.map(({ code }) => code).filter((code) => code !== 'VERIFY_CONTENT_NOT_SHOWN').sort()).toEqual(['VERIFY_NOT_YET_COPIED', 'VERIFY_SOURCE_CHANGED']);
    });

    test('before any pass everything is missing, and a verification leaves it so', async () => {
      const end = await verify();
      expect(end.total).toMatchObject({ matched: 0, missing: end.total.sourceItems });
      expect(await it.writes()).toBe(0);
    });

    test('a verification that is stopped goes on where its reading stood', async () => {
      await run();
      const whole = await verify({ passId: 'verify whole' });
      const halt = new Halt(10_000);
      const stopped = await verify({ halt, step: (name) => (name === 'tell container' ? halt.stop(new Stopped('pause')) : undefined) });
      expect(stopped.result).toBe('released');
      const end = await verify();
      expect(end.result).toBe('done');
      expect(end.total).toEqual(whole.total);
      // Everything had been read before the comparing began.
      expect(end.read).toBe(0);
    });

    if (!cannotMove) {
      test('a moved item is moved, not doubled, and counted once', async () => {
        const first = await run();
        await it.move();
        const end = await run({ mode: 'delta', passId: 'pass 2' });
        await expectSame();
        expect(end.counters.total).toBe(first.counters.total);
        await expectExact(end);
      });

      test('a forgotten delta token hides no move', async () => {
        await run();
        await it.move();
        await it.forgetCheckpoints();
        const end = await run({ mode: 'delta', passId: 'pass 2' });
        await expectSame();
        await expectExact(end);
      });
    }

    test('nothing is removed for a deletion at the source unless the job asks for it', async () => {
      await run();
      const before = sorted(await it.destination());
      await it.remove();
      const end = await run({ mode: 'delta', passId: 'pass 2' });
      expect(sorted(await it.destination())).toEqual(before);
      await expectExact(end);
    });

    test('a deletion is applied to an untouched copy of ours, where the job asks for it', async () => {
      await run();
      await it.remove();
      const end = await run({ mode: 'delta', passId: 'pass 2', deletions: 'apply' });
      await expectSame();
      await expectExact(end);
    });

    test('a deletion is not applied to a copy that somebody has changed, and the report says so', async () => {
      await run();
      await it.touchCopy();
      const before = sorted(await it.destination());
      await it.remove();
      const end = await run({ mode: 'delta', passId: 'pass 2', deletions: 'apply' });
      expect(sorted(await it.destination())).toEqual(before);
      expect(end.reports.filter(({ code }) => code === 'DEPARTED_COPY_CHANGED')).toHaveLength(1);
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
