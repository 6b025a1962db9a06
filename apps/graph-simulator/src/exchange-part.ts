import type { ExchangePart } from './compose.js';
import { mailboxUsage } from './directory/mailbox-usage.js';
import { adminPart } from './exchange/admin/admin-routes.js';
import { exchangeControlRoutes } from './exchange/control/exchange-operations.js';
import { createGeneratedMailbox } from './exchange/generator/fill-mailbox.js';
import { exchangeJsonHostRoutes, exchangeJsonRoutes } from './exchange/json/json-routes.js';
import { collectionRoutes } from './exchange/mailbox-settings/collection-routes.js';
import { settingsRoutes } from './exchange/mailbox-settings/settings-routes.js';
import { ExchangeStore } from './exchange/store/exchange-store.js';

/** The Exchange half of the simulator: the one place that knows which routes and control operations it brings. */
export const exchangePart: ExchangePart = {
  makeExchange: (parts) => new ExchangeStore(parts),
  routes: (world) => [...adminPart(world).routes, ...settingsRoutes(), ...collectionRoutes(), ...exchangeJsonRoutes(world)],
  hostRoutes: (world) => [...adminPart(world).hostRoutes, ...exchangeJsonHostRoutes(world)],
  controlRoutes: (world) => exchangeControlRoutes(world),
  makeMailbox: (tenant, user, content) => { createGeneratedMailbox(tenant.exchange, user, content); },
  usage: mailboxUsage,
};
