/**
 * What business hours make of a time that work takes: less of Microsoft's limits may be used in them. Pure.
 *
 * At best work that needs no more than the share goes on as fast; at worst it goes slower by the share. Where it may have been slowed when
 * its pace was seen, at best it goes faster outside the hours. A share of nothing stands still, and hours that never end tell no time.
 */
import { HoursCurve, type BusinessHours } from '@migrator/graph-client/business-hours';
import type { Range } from './range.js';

const quarterMs = 15 * 60_000;
const weekQuarters = 7 * 24 * 4;
/** Faster than this by far no pace becomes when its hours are over: what it was while it stood still cannot be told from how slow it was. */
const leastSeen = 0.05;

/** Turns milliseconds of work into time that goes by from `from` on; `slowed`: the pace may have been seen within the hours. A week counts as the next one. */
export function throughHours(from: number, hours: readonly BusinessHours[], slowed: boolean): (work: Range) => Range | null {
  if (hours.length === 0) return (work) => work;
  const curves = hours.map((each) => new HoursCurve(each));
  const first = Math.floor(from / quarterMs) * quarterMs;
  const shares = Array.from({ length: weekQuarters }, (_each, index) => Math.min(...curves.map((curve) => curve.shareAt(first + index * quarterMs))));
  const fastest = slowed ? 1 / Math.max(leastSeen, Math.min(...shares)) : 1;
  const atBest = shares.map((share) => (share <= 0 ? 0 : Math.max(1, share * fastest)));
  return (work) => {
    const low = elapsed(work.low, from - first, atBest);
    const high = elapsed(work.high, from - first, shares);
    return low === null || high === null ? null : { low, high };
  };
}

/** How long so much work takes at these speeds, one a quarter of an hour and all over again each week, from `late` in the first one on. */
function elapsed(work: number, late: number, speeds: readonly number[]): number | null {
  const perWeek = speeds.reduce((sum, speed) => sum + speed, 0) * quarterMs;
  if (work <= 0) return 0;
  if (perWeek <= 0) return null;
  let left = work;
  let time = 0;
  const week = (begin: number): boolean => {
    for (const [index, speed] of speeds.entries()) {
      const span = quarterMs - (index === 0 ? begin : 0);
      if (left <= span * speed) {
        time += left / speed;
        return true;
      }
      left -= span * speed;
      time += span;
    }
    return false;
  };
  if (week(late)) return time;
  // The last week is gone through: it may end in hours without a share.
  const weeks = Math.max(0, Math.ceil(left / perWeek) - 1);
  left -= weeks * perWeek;
  time += weeks * weekQuarters * quarterMs;
  week(0);
  return time;
}
