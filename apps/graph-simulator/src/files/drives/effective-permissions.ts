/** What an item's permissions are: its own, and what it inherits until something cuts it off (graph/files.md 7). */
import type { Drive } from './drive.js';
import type { Item, Permission } from './item.js';

/** Own grants first, then those of its folders up to where inheritance is broken. OneDrive and SharePoint do not say which are inherited. */
export function effectivePermissions(drive: Drive, item: Item): Permission[] {
  const all = [...item.permissions];
  for (let at: Item | undefined = item; at !== undefined && at.key !== 0 && !at.breaksInheritance; ) {
    at = drive.item(at.parentKey);
    if (at !== undefined) all.push(...at.permissions);
  }
  return all;
}

/** Makes what is inherited the item's own and cuts it off, or keeps nothing. */
export function breakInheritance(drive: Drive, item: Item, keepExisting: boolean): void {
  if (item.breaksInheritance) return;
  const inherited = keepExisting ? effectivePermissions(drive, item).slice(item.permissions.length) : [];
  item.permissions.push(...inherited.map((each) => ({ ...each, roles: [...each.roles], grantees: [...each.grantees] })));
  item.breaksInheritance = true;
}
