/**
 * How fast units go: milliseconds of a worker's place per step (unit-load.ts). Pure.
 *
 * Before anything was measured the pace is what one request to Graph takes in practice, over the requests in flight: from 40 ms to a
 * second. Passes between the same tenants say it better, other passes of the organisation roughly. Measured is time at work, waiting for
 * Microsoft's limits included: over the whole pass, its last half and its last quarter. The slowest and the fastest of these are the
 * bounds, opened by a margin that narrows as more is seen; it counts in full after half a minute of work that came to something.
 */
import type { Range } from './range.js';

export interface Pace {
  /** Milliseconds per step. */
  readonly perStep: Range;
  readonly basis: 'limits' | 'earlier' | 'measured';
  /** 0: nothing of this pass has been seen; 1: enough of it. */
  readonly certainty: number;
}

/** Work done so far in a pass: steps, and the time that workers' places were held for it. */
export interface Progress {
  readonly steps: number;
  readonly slotMs: number;
}

const fromLimits: Range = { low: 10, high: 250 };
const enoughSteps = 500;
const enoughMs = 30_000;
/** Below this nothing is read out of a pass, and out of a part of it: units that have just begun have written nothing yet. */
const tooFewSteps = 20;
const tooFewInPart = 250;

/** A whole pass of before: `alike` if of the same kind between the same tenants. */
export interface EarlierPass extends Progress {
  readonly alike: boolean;
}

/** `earlier`: passes of the same organisation. `seen`: this pass at several moments, oldest first. */
export function learnPace(earlier: readonly EarlierPass[], seen: readonly Progress[]): Pace {
  const before = fromEarlier(earlier);
  const start = before ?? fromLimits;
  const last = seen.at(-1);
  if (last === undefined || last.steps < tooFewSteps) return { perStep: start, basis: before === null ? 'limits' : 'earlier', certainty: 0 };
  const certainty = Math.min(1, last.steps / enoughSteps, last.slotMs / enoughMs);
  const rates = windows(seen);
  const margin = 1.12 + 0.5 / Math.sqrt(Math.max(1, last.slotMs / enoughMs));
  const measured = { low: Math.min(...rates) / margin, high: Math.max(...rates) * margin };
  return { perStep: blend(start, measured, certainty), basis: certainty > 0.2 ? 'measured' : before === null ? 'limits' : 'earlier', certainty };
}

function fromEarlier(passes: readonly EarlierPass[]): Range | null {
  const telling = passes.filter(({ steps }) => steps >= tooFewSteps);
  const alike = telling.filter((pass) => pass.alike);
  const rates = (alike.length > 0 ? alike : telling).map(rate);
  if (rates.length === 0) return null;
  const margin = alike.length > 0 ? 1.25 + 0.5 / alike.length : 2.5;
  return { low: Math.min(...rates) / margin, high: Math.max(...rates) * margin };
}

/** Pace over the whole, the last half and the last quarter, where there is enough in each. */
function windows(seen: readonly Progress[]): number[] {
  const last = seen.at(-1);
  if (last === undefined) return [];
  const rates = [rate(last)];
  for (const share of [0.5, 0.75]) {
    const from = seen.find(({ slotMs }) => slotMs >= last.slotMs * share);
    if (from === undefined || last.steps - from.steps < tooFewInPart) continue;
    rates.push(rate({ steps: last.steps - from.steps, slotMs: last.slotMs - from.slotMs }));
  }
  return rates;
}

const rate = ({ steps, slotMs }: Progress): number => Math.max(0.01, slotMs / steps);

/** From one range to the other, as paces differ: by factors. */
function blend(from: Range, to: Range, share: number): Range {
  const between = (a: number, b: number): number => a ** (1 - share) * b ** share;
  const low = between(from.low, to.low);
  return { low, high: Math.max(low, between(from.high, to.high)) };
}
