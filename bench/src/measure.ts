import type { Figure } from './figure.js';

export interface MeasureOptions {
  /** Small and quick: whether it works at all, not how fast it is. */
  short: boolean;
  /** One line about what is being done. */
  progress: (line: string) => void;
}

/** Starts what it needs, measures, takes everything down. */
export type Measure = (options: MeasureOptions) => Promise<Figure[]>;
