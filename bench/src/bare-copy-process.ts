/** The bare copies as a process of its own, like a worker: takes one copy after the other from its parent. */
import { bareCopy, type BareCopy } from './bare-copy.js';
import { bareDrivesCopy, type BareDrivesCopy } from './bare-drives-copy.js';

export type BareOrder = { mailboxes: BareCopy } | { drives: BareDrivesCopy };

process.on('message', (order: BareOrder) => {
  ('mailboxes' in order ? bareCopy(order.mailboxes) : bareDrivesCopy(order.drives)).then(
    (copied) => process.send?.({ copied }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
