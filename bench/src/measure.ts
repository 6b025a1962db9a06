import type { Figure } from './figure.js';

export interface MeasureOptions {
  /** Small and quick: whether it works at all, not how fast it is. */
  short: boolean;
  /** How many rows or items the large one holds, where a measurement has a large one; null: as many as its target speaks of. */
  rows: number | null;
  /** One line about what is being done. */
  progress: (line: string) => void;
}

/** Starts what it needs, measures, takes everything down. */
export type Measure = (options: MeasureOptions) => Promise<Figure[]>;
