/** The bare copy as a process of its own, like a worker: takes one copy after the other from its parent. */
import { bareCopy, type BareCopy } from './bare-copy.js';

process.on('message', (copy: BareCopy) => {
  bareCopy(copy).then(
    (copied) => process.send?.({ copied }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
