/**
 * How long a job's pass will still take, and each of its units: a low and a high bound. Pure.
 *
 * Four steps. A unit: its steps (unit-load.ts) at the pace (pace.ts), and never less than the windows of Microsoft's limits allow the
 * unit. All units: the schedule over the places that the job gets (makespan.ts), the largest unit first as the dispatcher hands
 * them out. The places: all places of the workers that are there, shared with the jobs that want them too. And where Microsoft counts over
 * a whole tenant, the windows that all units together need; what other jobs take of those is not known and not counted.
 *
 * Where nothing is known of a unit's size it counts from nothing to the largest one of the job.
 */
import type { LoadProfile, PassKind } from './load-profile.js';
import type { PassLimits, Window } from './pass-limits.js';
import { makespan, sharedEnd, type Claimant } from './makespan.js';
import type { Pace } from './pace.js';
import { add, exactly, nothing, scale, type Range } from './range.js';
import { loadOf, type UnitFacts, type UnitLoad } from './unit-load.js';

export interface OpenUnit extends UnitFacts {
  /** How long a worker has been at it in this pass, while it runs; null while it waits. */
  readonly atWorkMs: number | null;
}

export interface JobFacts {
  readonly org: string;
  readonly kind: PassKind;
  readonly profile: LoadProfile;
  /** The largest open units, in the order in which they are handed out. */
  readonly units: readonly OpenUnit[];
  /** What is open besides: how many, and their steps as expected when they were planned. */
  readonly rest: { readonly units: number; readonly steps: number };
  readonly pace: Pace;
  /** Places of all workers that are there. */
  readonly places: number;
  /** Other jobs that are under way or due: their open steps and units. */
  readonly rivals: readonly { readonly org: string; readonly steps: number; readonly units: number }[];
}

/** How far expected steps may be off for what is not looked at singly. */
const plannedShare: Range = { low: 0.7, high: 1.3 };
/** What comes besides the work: handing a unit out, its last reports, the job's end. */
const besidesMs: Range = { low: 0, high: 3_000 };

/** Milliseconds; null when it cannot be said: no worker is there, or no unit's size is known. */
export function estimateJob(job: JobFacts, limits: PassLimits): Range | null {
  if (job.units.length + job.rest.units === 0) return exactly(0);
  const times = job.places < 1 ? null : unitTimes(job, limits);
  if (times === null) return null;
  const low = schedule(job, times, 'low').end;
  const high = schedule(job, times, 'high').end;
  const waits = tenantWaits(job, limits);
  return { low: Math.max(low, waits.low), high: latest(high, waits.high, job.pace) + besidesMs.high };
}

/** What waits and what works at once ends with the later of both; a pace that was measured holds the waits already, one that was not may have to bear them besides. */
const latest = (work: number, waits: number, { certainty }: Pace): number => Math.max(work, waits) + (1 - certainty) * Math.min(work, waits);

/** When each of `job.units` is done, and the bounds for the rest: from its own time at the earliest to the job's end. Null as for the job. */
export function estimateUnits(job: JobFacts, limits: PassLimits): { units: Range[]; rest: Range } | null {
  const times = job.places < 1 ? null : unitTimes(job, limits);
  if (times === null) return null;
  const [low, high] = [schedule(job, times, 'low'), schedule(job, times, 'high')];
  // What the tenants' windows hold up, they hold up for all units alike.
  const later = high.end === 0 ? 1 : latest(high.end, tenantWaits(job, limits).high, job.pace) / high.end;
  return {
    units: times.map((time, index) => ({ low: Math.max(time.low, low.each[index] ?? 0), high: Math.max(time.high, high.each[index] ?? 0) * later + besidesMs.high })),
    rest: { low: 0, high: high.end * later + besidesMs.high },
  };
}

/** The job's units over the places it gets among its rivals, with all times at one of their bounds. */
function schedule(job: JobFacts, times: readonly Range[], side: keyof Range): { end: number; each: number[] } {
  const each = times.map((time) => time[side]);
  const rest = job.rest.steps * plannedShare[side] * job.pace.perStep[side];
  const all = each.reduce((sum, time) => sum + time, 0) + rest;
  if (all === 0) return { end: 0, each };
  const mine: Claimant = { org: job.org, work: all, placesMax: job.units.length + job.rest.units };
  const rivals = job.rivals.map(({ org, steps, units }): Claimant => ({ org, work: steps * plannedShare[side] * job.pace.perStep[side], placesMax: units }));
  const shared = sharedEnd(mine, rivals, job.places);
  const held = job.units.filter(({ atWorkMs }) => atWorkMs !== null).length;
  const got = Math.max(held, all / shared);
  const places = side === 'low' ? Math.ceil(got - 1e-6) : Math.max(1, Math.floor(got + 1e-6));
  const largest = side === 'low' || job.rest.units === 0 ? 0 : Math.min(each.at(-1) ?? rest, rest);
  const { end, ends } = makespan(each, places, { work: rest, largest });
  const whole = Math.max(shared, end);
  // Whoever gets less than a place takes turns with others: any of its units may be as much later as all of them are.
  return { end: whole, each: side === 'high' && end > 0 ? ends.map((one) => one * (whole / end)) : ends };
}

/** The time of each open unit once it is at work, in the order of `job.units`; null when no unit's size is known. */
export function unitTimes({ kind, profile, units, pace }: JobFacts, limits: PassLimits): Range[] | null {
  const known = units.map((unit) => {
    const load = loadOf(profile, kind, unit);
    return load === null ? null : timeOf(load, unit, kind, pace, limits);
  });
  const largest = Math.max(-1, ...known.map((time) => time?.high ?? -1));
  if (units.length > 0 && largest < 0) return null;
  return known.map((time) => time ?? { low: 0, high: largest });
}

function timeOf({ steps, requests, bytes, allRequests, allBytes }: UnitLoad, unit: OpenUnit, kind: PassKind, pace: Pace, { unit: window }: PassLimits): Range {
  const work: Range = { low: steps.low * pace.perStep.low, high: steps.high * pace.perStep.high };
  const low = window === null ? work.low : Math.max(work.low, atLeast(requests.low, window.requests), atLeast(bytes.low, window.uploadBytes));
  const waits = window === null ? 0 : Math.max(atMost(requests.high, allRequests, window.requests), atMost(bytes.high, allBytes, window.uploadBytes));
  const high = latest(work.high, waits, pace);
  // A full pass and a dry run count their progress; of the others only time at work is known. What takes longer than it should may take half as long again.
  const spent = unit.atWorkMs !== null && kind !== 'full' && kind !== 'dry' ? unit.atWorkMs : 0;
  const left = { low: Math.max(0, low - spent), high: Math.max(high - spent, spent / 2) };
  return { low: left.low, high: Math.max(left.low, left.high) };
}

/** So many fit into no fewer whole windows, however they fall. */
const atLeast = (amount: number, { max, windowMs }: Window): number => Math.max(0, Math.ceil(amount / max) - 1) * windowMs;
/** A twentieth of a window stays unused, and a pass that fits into one window never waits. */
const atMost = (amount: number, all: number, { max, windowMs }: Window): number => (all <= max * 0.95 ? 0 : (amount / (max * 0.95)) * windowMs);

/** How long the tenants' windows make all units together wait, whatever the places. Units whose size is not known count from nothing to the largest one. */
function tenantWaits({ kind, profile, units, rest }: JobFacts, { tenant }: PassLimits): Range {
  const loads = units.map((unit) => loadOf(profile, kind, unit));
  const known = loads.filter((load) => load !== null);
  const sum = (of: (load: UnitLoad) => Range, ofRest: Range): Range => {
    const largest = Math.max(0, ...known.map((load) => of(load).high));
    return loads.map((load) => (load === null ? { low: 0, high: largest } : of(load))).reduce(add, ofRest);
  };
  // Of the rest only expected steps are known: taken for items, which bounds their units from above, and not counted below.
  const restItems = { low: 0, high: (rest.steps * plannedShare.high) / (profile.stepsPerItem[kind] * profile.stepsShare.low) };
  const { source, dest } = profile.unitsPerItem[kind];
  const sourceUnits = sum((load) => load.units.source, scale(restItems, source));
  const destUnits = sum((load) => load.units.dest, scale(restItems, dest));
  const bytes = sum((load) => load.bytes, nothing);
  const waits = [...tenant.sourceUnits.map((window) => waitFor(sourceUnits, window)), ...tenant.destUnits.map((window) => waitFor(destUnits, window)), ...tenant.bytes.map((window) => waitFor(bytes, window))];
  return { low: Math.max(0, ...waits.map(({ low }) => low)), high: Math.max(0, ...waits.map(({ high }) => high)) };
}

const waitFor = ({ low, high }: Range, window: Window): Range => ({ low: atLeast(low, window), high: atMost(high, high, window) });
