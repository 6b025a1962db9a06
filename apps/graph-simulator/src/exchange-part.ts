import type { ExchangePart } from './compose.js';
import type { ExchangeStore } from './exchange/store/exchange-store.js';

const noMailboxes = { mailbox: () => undefined, createMailbox: () => undefined } as unknown as ExchangeStore;

/** The Exchange half of the simulator. */
export const exchangePart: ExchangePart = {
  makeExchange: () => noMailboxes,
  routes: () => [],
  hostRoutes: () => [],
  controlRoutes: () => [],
  makeMailbox: () => undefined,
  usage: () => ({ itemCount: 0, bytes: 0, deletedItemCount: 0, deletedBytes: 0, lastActivityMs: null, hasArchive: false }),
};
