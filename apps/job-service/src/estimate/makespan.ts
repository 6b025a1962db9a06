/**
 * When the last of several units is done, over places that work at once. Pure.
 *
 * Units are independent and each holds one place until it is done. They begin in a fixed order as places become free (list
 * scheduling, largest first). For such a schedule the end only grows with each unit's time and only shrinks with more places: let the
 * places' loads be sorted; adding a unit to the smallest keeps one sorted list above another wherever it was above before. So the
 * schedule of all low times bounds every real one from below, and that of all high times from above.
 */

/** The end of a schedule that begins now, in the order given, and of each unit in it. `tail` is work that comes after, in pieces no larger than `largest`. */
export function makespan(times: readonly number[], places: number, tail: { work: number; largest: number } = { work: 0, largest: 0 }): { end: number; ends: number[] } {
  const count = Math.max(1, Math.floor(places));
  const loads = new Heap(Math.min(count, times.length));
  const ends = times.map((time) => loads.addToSmallest(time));
  const filled = tail.work === 0 ? 0 : level([...loads.values(), ...Array.from({ length: Math.min(count - loads.size, 4_096) }, () => 0)], tail.work);
  return { end: Math.max(loads.largest, tail.work === 0 ? 0 : filled + tail.largest * (1 - 1 / count)), ends };
}

/** How high work rises that is poured over loads. */
function level(loads: readonly number[], work: number): number {
  const sorted = [...loads].sort((a, b) => a - b);
  let left = work;
  for (const [index, load] of sorted.entries()) {
    const next = sorted[index + 1];
    const room = next === undefined ? Infinity : (next - load) * (index + 1);
    if (left <= room) return load + left / (index + 1);
    left -= room;
  }
  return work;
}

/** The smallest load on top. */
class Heap {
  readonly #loads: number[];
  largest = 0;

  constructor(size: number) {
    this.#loads = Array.from({ length: size }, () => 0);
  }

  get size(): number {
    return this.#loads.length;
  }

  values(): readonly number[] {
    return this.#loads;
  }

  /** Returns what the load has become. */
  addToSmallest(time: number): number {
    const loads = this.#loads;
    const load = (loads[0] ?? 0) + time;
    this.largest = Math.max(this.largest, load);
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= loads.length) break;
      const right = left + 1;
      const child = right < loads.length && (loads[right] ?? 0) < (loads[left] ?? 0) ? right : left;
      if ((loads[child] ?? 0) >= load) break;
      loads[at] = loads[child] ?? 0;
      at = child;
    }
    loads[at] = load;
    return load;
  }
}

/** Somebody who wants places: so much work, over at most so many at once. */
export interface Claimant {
  readonly org: string;
  readonly work: number;
  readonly placesMax: number;
}

/**
 * When `mine` is done if places are shared as the dispatcher shares them: alike over organisations, then alike over the jobs of each,
 * nobody more than it can use; who is done leaves its share to the others. Work is taken for divisible: the grain of units is
 * `makespan`'s to add.
 */
export function sharedEnd(mine: Claimant, rivals: readonly Claimant[], places: number): number {
  let open = [{ claimant: mine, left: mine.work }, ...rivals.map((claimant) => ({ claimant, left: claimant.work }))].filter(({ left }) => left > 0);
  let now = 0;
  while (open.some(({ claimant }) => claimant === mine)) {
    const rates = shares(open.map(({ claimant }) => claimant), places);
    let step = Infinity;
    for (const [index, { left }] of open.entries()) step = Math.min(step, left / (rates[index] ?? 1));
    now += step;
    // Whoever is within a rounding error of the end is done: the loop must get shorter each time.
    open = open.map(({ claimant, left }, index) => ({ claimant, left: left - step * (rates[index] ?? 1) })).filter(({ claimant, left }) => left > 1e-6 * Math.max(1, claimant.work));
  }
  return now;
}

function shares(claimants: readonly Claimant[], places: number): number[] {
  const orgs = [...new Set(claimants.map(({ org }) => org))];
  const members = orgs.map((org) => claimants.filter((claimant) => claimant.org === org));
  const perOrg = fill(members.map((jobs) => jobs.reduce((sum, { placesMax }) => sum + placesMax, 0)), places);
  const perJob = new Map<Claimant, number>();
  for (const [index, jobs] of members.entries()) {
    const given = fill(jobs.map(({ placesMax }) => placesMax), perOrg[index] ?? 0);
    for (const [at, job] of jobs.entries()) perJob.set(job, given[at] ?? 0);
  }
  return claimants.map((claimant) => Math.max(1e-9, perJob.get(claimant) ?? 0));
}

/** Alike for everybody, nobody more than its maximum. */
function fill(maxima: readonly number[], amount: number): number[] {
  const given = maxima.map(() => 0);
  let left = amount;
  let hungry = maxima.map((_max, index) => index);
  while (left > 1e-12 && hungry.length > 0) {
    const each = left / hungry.length;
    left = 0;
    for (const index of hungry) {
      const take = Math.min(each, (maxima[index] ?? 0) - (given[index] ?? 0));
      given[index] = (given[index] ?? 0) + take;
      left += each - take;
    }
    hungry = hungry.filter((index) => (given[index] ?? 0) < (maxima[index] ?? 0) - 1e-12);
  }
  return given;
}
