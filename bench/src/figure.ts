/** One measured figure, as it is printed: beside its baseline of the same run. */
import { availableParallelism, cpus } from 'node:os';

export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The same thing measured without what is being judged, in the same run. */
  baseline: number;
  /** `value / baseline`. */
  ratio: number;
  /** What it must reach, in words; null when it is only told. */
  target: string | null;
  met: boolean | null;
  machine: string;
}

export const machine = `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node.js ${process.versions.node}`;

const round = (value: number): number => Number(value.toPrecision(4));

/** `reached` judges the figure by the target. */
export function figure(name: string, value: number, unit: string, baseline: number, target: { says: string; reached: boolean } | null = null): Figure {
  return { name, value: round(value), unit, baseline: round(baseline), ratio: round(value / baseline), target: target?.says ?? null, met: target?.reached ?? null, machine };
}

/** The value below which `share` (0 to 1) of the sorted values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}
export const median = (values: readonly number[]): number => percentile(values, 0.5);
