/** The mailbox import/export API as a whole. */
import type { HostRoute, Route } from '../../http/route.js';
import type { World } from '../../world/world.js';
import { defaultKeepBytesMax } from './fast-transfer.js';
import { folderRoutes } from './folder-routes.js';
import { createSessionRoute, importHostRoute, ImportSessions, type ImportOptions } from './import-routes.js';
import { itemRoutes, type ExportOptions } from './item-routes.js';

/** Shared by the routes and the control interface of one world. */
export interface AdminPart {
  sessions: ImportSessions;
  exports: ExportOptions;
  imports: ImportOptions;
  routes: Route[];
  hostRoutes: HostRoute[];
}

const parts = new WeakMap<World, AdminPart>();

/** The one admin part of a world. */
export function adminPart(world: World): AdminPart {
  let part = parts.get(world);
  if (part === undefined) {
    const sessions = new ImportSessions(world);
    const exports: ExportOptions = { inflation: 1, omitOnce: new Set(), omitOverBytes: Infinity };
    const imports: ImportOptions = { keepBytesMax: defaultKeepBytesMax };
    part = { sessions, exports, imports, routes: [...folderRoutes(), ...itemRoutes(exports), createSessionRoute(sessions)], hostRoutes: [importHostRoute(world, sessions, imports)] };
    parts.set(world, part);
  }
  return part;
}
