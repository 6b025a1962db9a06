/**
 * A verify pass over one unit: reads both sides into the store, finds what belongs together by what survives a copy, compares, and
 * asks the ledger only why. Writes to neither side. The reading goes on where it stood after a pause or a crash; the comparing, which
 * asks Microsoft nothing, begins again.
 */
import type { LogLevel } from '@migrator/contracts/api/logs';
import type { Difference, UnitCounters, VerificationEvent } from '@migrator/contracts/events';
import type { Filters } from '@migrator/contracts/api/jobs';
import { readOnly } from '@migrator/graph-client';
import type { Sql } from '@migrator/service-kit/database';
import type { UnitPorts, UnitScope, UnitSession, Workload } from '../../workloads/workload.js';
import { itemFilter, type ItemFilter } from '../filters.js';
import type { Halt } from '../halt.js';
import { itemMark, type Route } from '../item-keys.js';
import { unitEndOf, type UnitEnd } from '../run-unit.js';
import { comparePlace, differenceKey } from './compare-place.js';
import { Explainer } from './explain.js';
import { FieldHashes } from './field-hashes.js';
import { adopt, findPlaces, findStrangers, type Place, type Stranger } from './places.js';
import { scanSide } from './scan.js';
import { VerifyStore, type PrintContext } from './verify-store.js';

export interface VerifyRun {
  readonly sql: Sql;
  readonly route: Route;
  readonly unitId: string;
  readonly passId: string;
  readonly claim: number;
  readonly scope: UnitScope;
  readonly filters: Filters;
  readonly workload: Workload;
  readonly ports: UnitPorts | undefined;
  readonly halt: Halt;
  /** The job's counters of the unit: a verification leaves them as they are. */
  readonly counters: UnitCounters;
  readonly observer: VerifyObserver;
}

export interface VerifyObserver {
  /** Resolves when the report is stored where it cannot be lost. */
  tell(event: VerificationEvent): Promise<void>;
  /** Items read so far; must not wait. */
  progress(read: number): void;
  note(level: LogLevel, sentence: string): void;
}

/** What the closing line of the log says. */
export interface VerifyEnd extends UnitEnd {
  readonly compared: number;
  readonly differences: number;
}

/** Never throws. The unit's claim is held, and its row exists. */
export async function runVerify(run: VerifyRun): Promise<VerifyEnd> {
  const { halt, counters } = run;
  try {
    const found = await verify(run);
    return { result: 'done', counters, failure: null, unexpected: null, ...found };
  } catch (thrown) {
    return { ...unitEndOf(halt.reason ?? thrown, counters), compared: 0, differences: 0 };
  } finally {
    halt.end();
  }
}

async function verify(run: VerifyRun): Promise<{ compared: number; differences: number }> {
  const { sql, unitId, passId, claim, workload, halt, scope, route } = run;
  const hashes = new FieldHashes(workload.can.verifiedFields);
  const row = await unitRow(sql, unitId);
  const store = new VerifyStore(sql, { ...row, unitId, claim, passId }, hashes);
  await store.begin();
  // Whatever the workload tries, nothing is written: both ports refuse, and a dry run only plans.
  const ports = run.ports === undefined ? undefined : { source: readOnly(run.ports.source, workload.can.readsByPost), destination: readOnly(run.ports.destination, workload.can.readsByPost), people: run.ports.people };
  const session = await workload.open({ ...scope, dryRun: true }, ports as UnitPorts, halt.soft);
  const filter = itemFilter(run.filters);
  const places = await findPlaces(session, route, filter, halt.soft);
  const reading = new Reading(run, session, store, filter);
  const there = await reading.places(places);
  const strangers = await reading.strangers(there);
  return await compareAll(run, store, hashes, there, strangers, row.mappingNo);
}

async function unitRow(sql: Sql, unitId: string): Promise<{ unitNo: number; mappingNo: number; destinationNo: number }> {
  const [row] = await sql<{ unit: number; mapping: number; destination: number }[]>`
    select u.unit_no as unit, u.mapping_no as mapping, m.destination_no as destination from worker.units u join worker.mappings m on m.mapping_no = u.mapping_no where u.unit_id = ${unitId}`;
  if (row === undefined) throw new Error('a claimed unit has no row');
  return { unitNo: row.unit, mappingNo: row.mapping, destinationNo: row.destination };
}

class Reading {
  private read = 0;

  constructor(
    private readonly run: VerifyRun,
    private readonly session: UnitSession,
    private readonly store: VerifyStore,
    private readonly filter: ItemFilter,
  ) {}

  /** Both sides of all places, several at a time. Returns those that are still at the source. */
  async places(places: readonly Place[]): Promise<Place[]> {
    const gone = new Set<Place>();
    const { halt, workload, observer } = this.run;
    const queue = places.values();
    let failure: unknown = null;
    const walkers = Array.from({ length: workload.can.lanes }, async () => {
      for (const place of queue) {
        if (failure !== null || halt.soft.aborted) return;
        try {
          const [atSource, atDest] = await settled(this.side('source', place), place.dest === null ? Promise.resolve(true) : this.side('dest', place));
          if (!atSource) {
            observer.note('WARN', `“${place.container.path}” is gone at the source.`);
            gone.add(place);
          }
          if (!atDest) Object.assign(place, { dest: null, destPath: null });
        } catch (error) {
          failure ??= error;
        }
      }
    });
    await Promise.all(walkers);
    halt.soft.throwIfAborted();
    if (failure !== null) throw failure as Error;
    return places.filter((place) => !gone.has(place));
  }

  /** Containers of the destination alone, when something of the source has no counterpart: it may be there. */
  async strangers(places: readonly Place[]): Promise<Stranger[]> {
    const orphans = places.filter(({ dest }) => dest === null);
    if (orphans.length === 0 && !(await this.store.somethingIsMissing())) return [];
    const strangers = await findStrangers(this.session, places, this.run.halt.soft);
    for (const stranger of strangers) await this.scan('dest', stranger.place, stranger.container, { id: stranger.container.key, exists: true }, 'items', () => null);
    const adopted = adopt(places, strangers, await this.store.likeness(orphans.map(({ place }) => place), strangers.map(({ place }) => place)));
    for (const { place, stranger } of adopted) {
      await this.side('dest', place);
      await this.store.forget(stranger.place, 'dest');
    }
    return strangers.filter((stranger) => !adopted.some((each) => each.stranger === stranger));
  }

  private side(side: 'source' | 'dest', place: Place): Promise<boolean> {
    return this.scan(side, place.place, place.container, place.dest ?? { id: '', exists: false }, 'all', (id) => itemMark(place.ledgerKey, id));
  }

  private scan(side: 'source' | 'dest', place: string, container: Place['container'], dest: { id: string; exists: boolean }, depth: 'all' | 'items', markOf: (id: string) => string | null): Promise<boolean> {
    const leftOut: PrintContext['leftOut'] = (print) => this.filter.leavesOut(container, print);
    return scanSide({
      ...{ sides: this.session.sides, store: this.store, place, side, container, dest, depth, signal: this.run.halt.soft, context: { markOf, leftOut } },
      onRead: (items) => {
        this.read += items;
        this.run.observer.progress(this.read);
      },
    });
  }
}

/** Both results, or the first error once both have ended: nothing may go on behind a unit that has failed. */
async function settled(...work: [Promise<boolean>, Promise<boolean>]): Promise<[boolean, boolean]> {
  const [first, second] = await Promise.allSettled(work);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

async function compareAll(run: VerifyRun, store: VerifyStore, hashes: FieldHashes, places: readonly Place[], strangers: readonly Stranger[], mappingNo: number): Promise<{ compared: number; differences: number }> {
  const { observer, unitId, halt } = run;
  await observer.tell({ kind: 'begin' });
  const placeFields = new Set(run.workload.can.placeFields);
  const explainer = new Explainer(run.sql, store, mappingNo, placeFields);
  const known = await explainer.containers(places.map(({ ledgerKey }) => ledgerKey));
  const paths = new Map([...places.map(({ place, destPath }): [string, string | null] => [place, destPath]), ...strangers.map(({ place, container }): [string, string | null] => [place, container.path])]);
  for (const { place } of places) await store.pair(place);
  let compared = 0;
  let differences = 0;
  for (const place of places) {
    const container = known.get(place.ledgerKey) ?? null;
    const about = containerFinding(unitId, place, container?.ensured ?? false);
    if (about !== null) await observer.tell({ kind: 'differences', differences: [about] });
    const counts = await comparePlace({ ...{ store, explainer, hashes, placeFields, unitId, place, known: container, signal: halt.soft }, pathOf: (of) => paths.get(of) ?? null, tell: (event) => observer.tell(event) });
    const { path, kind } = place.container;
    await observer.tell({ kind: 'container', key: place.place, path, destPath: place.destPath, containerKind: kind, counts });
    compared += counts.sourceItems;
    differences += counts.missing + counts.extra + counts.differs + (about === null ? 0 : 1);
    const found = [counts.missing > 0 ? `${counts.missing} missing` : null, counts.extra > 0 ? `${counts.extra} extra` : null, counts.differs > 0 ? `${counts.differs} differ` : null].filter((part) => part !== null);
    if (about !== null) observer.note('WARN', place.dest === null ? `“${path}” is not at the destination.` : `“${path}” is called “${place.destPath ?? ''}” at the destination.`);
    if (found.length > 0) observer.note('WARN', `“${path}”: ${found.join(', ')}.`);
  }
  halt.soft.throwIfAborted();
  await store.clear();
  return { compared, differences };
}

/** A container is there under its name, or this says what became of it. */
function containerFinding(unitId: string, { place, container, dest, renamed }: Place, ensured: boolean): Difference | null {
  if (dest !== null && !renamed) return null;
  const code = dest !== null ? 'VERIFY_CONTAINER_RENAMED' : ensured ? 'VERIFY_CONTAINER_MISSING' : 'VERIFY_NOT_YET_COPIED';
  return { key: differenceKey(unitId, place, code), code, because: null, container: container.path, kind: container.kind, fields: dest === null ? [] : ['name'], sourceItemId: null, destItemId: null, foundIn: null };
}
