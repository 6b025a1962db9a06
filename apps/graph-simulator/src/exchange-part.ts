import type { ExchangePart } from './compose.js';
import { ControlError } from './control/control-route.js';
import { mailboxUsage } from './directory/mailbox-usage.js';
import { ExchangeStore } from './exchange/store/exchange-store.js';

/** The Exchange half of the simulator: the one place that knows which routes and control operations it brings. */
export const exchangePart: ExchangePart = {
  makeExchange: (parts) => new ExchangeStore(parts),
  routes: () => [],
  hostRoutes: () => [],
  controlRoutes: () => [],
  makeMailbox: (tenant, user, content) => {
    if (content !== 'empty') throw new ControlError(400, 'The content of a mailbox is "empty".');
    tenant.exchange.createMailbox(user, null);
  },
  usage: mailboxUsage,
};
