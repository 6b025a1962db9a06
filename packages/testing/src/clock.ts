/** A clock that obeys and ids that count. */
import type { Clock } from '@migrator/service-kit/clock';
import type { Ids } from '@migrator/service-kit/ids';

export interface FakeClock extends Clock {
  advance(ms: number): void;
}

export function fakeClock(start = '2026-01-01T00:00:00.000Z'): FakeClock {
  let now = Date.parse(start);
  return {
    now: () => new Date(now),
    advance: (ms) => {
      now += ms;
    },
  };
}

/** Well-formed ids that count from 1. */
export function countingIds(): Ids {
  let count = 0;
  return {
    next: (prefix) => {
      count += 1;
      return `${prefix}_${String(count).padStart(26, '0')}`;
    },
    secret: (bytes) => {
      count += 1;
      return String(count).padStart(Math.ceil((bytes * 4) / 3), '0');
    },
  };
}
