/** The fixed-width keys under which the ledger knows items. All are pure functions of what the source says. */
import { hash } from 'node:crypto';

const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

/** Where a container belongs: everything that makes the same source container another one in the ledger. */
export interface Route {
  orgId: string;
  workload: string;
  /** Microsoft's tenant ids, not ours: a tenant that is connected again finds its ledger. */
  sourceTenant: string;
  destTenant: string;
  sourceOwner: string;
  destOwner: string;
  /** Where at the destination, when it is not its usual place: a copy below a folder of its own is another copy. */
  place?: string;
}

/** 128 bits, hex: the container at the source, on this route. */
export function containerKey(route: Route, key: string): string {
  return sha256(JSON.stringify([route.orgId, route.workload, route.sourceTenant, route.sourceOwner, route.destTenant, route.destOwner, key, ...(route.place === undefined ? [] : [route.place])])).toString('hex', 0, 16);
}

/** 128 bits, hex: the item's mark and its key in the ledger. */
export const itemMark = (container: string, itemKey: string): string => sha256(`${container}\0${itemKey}`).toString('hex', 0, 16);

/** 64 bits as PostgreSQL's bigint prints them. */
export const hash64 = (text: string): string => sha256(text).readBigInt64BE(0).toString();

/** What the ledger keeps of a match hash: its last 40 bits, as hex. */
export const matchBits = (hash: string): string => BigInt.asUintN(40, BigInt(hash)).toString(16).padStart(10, '0');

/** Key of an item in a unit's reports: stable over passes. */
export const reportKey = (unitId: string, mark: string): string => sha256(`${unitId}\0${mark}`).toString('hex', 0, 16);
