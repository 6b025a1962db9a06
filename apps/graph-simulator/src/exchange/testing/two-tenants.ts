/** Two tenants in memory, and a copy between them that is faithful by construction: for tests of what judges copies. */
import { SimulatedWorld } from '../../world/simulated-world.js';
import { addPerson } from '../../world/people.js';
import type { SimTenant } from '../../world/tenant.js';
import { encodeItem, ItemDecoder } from '../admin/fast-transfer.js';
import { expectedFolders, placeOf } from '../compare/expected-folders.js';
import { createGeneratedMailbox } from '../generator/fill-mailbox.js';
import { ExchangeStore } from '../store/exchange-store.js';
import type { Folder } from '../store/folder.js';
import type { Item, ItemContent } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';
import { makeId, parseId } from '../store/outlook-id.js';

export interface TwoTenants {
  world: SimulatedWorld;
  source: SimTenant;
  dest: SimTenant;
  from: Mailbox;
  to: Mailbox;
}

/** One mailbox on each side; `profile` fills the source's, `own` the destination's. */
export function twoTenants(profile: unknown, own: unknown = 'empty'): TwoTenants {
  const world = new SimulatedWorld({ makeExchange: (parts) => new ExchangeStore(parts), seed: 'two tenants' });
  const [source, dest] = ['contoso.com', 'fabrikam.com'].map((domain) => world.addTenant({ domain, displayName: domain }));
  if (source === undefined || dest === undefined) throw new Error('Two tenants were added');
  const person = { alias: 'adele.vance', displayName: 'Adele Vance' };
  const from = createGeneratedMailbox(source.exchange, addPerson(source, person), profile);
  const to = createGeneratedMailbox(dest.exchange, addPerson(dest, person), own);
  return { world, source, dest, from, to };
}

/** An item after export and import. */
export function throughStream(content: ItemContent, pieceBytes = 10_000): ItemContent {
  const decoder = new ItemDecoder();
  for (const piece of encodeItem(content, null, 1)) for (let at = 0; at < piece.length; at += pieceBytes) decoder.write(piece.subarray(at, at + pieceBytes));
  return decoder.end().content;
}

/** The destination's counterpart of a source folder, made when it is not there. */
export function counterpart(from: Mailbox, to: Mailbox, folder: Folder): Folder {
  const place = placeOf(from, folder);
  const found = expectedFolders(to).find((each) => placeOf(to, each) === place);
  if (found !== undefined) return found;
  const parent = folder.parentKey === null ? undefined : from.folder(folder.parentKey);
  const below = parent === undefined || parent === from.root ? to.root : counterpart(from, to, parent);
  return to.addFolder({ displayName: folder.displayName, containerClass: folder.containerClass, parentKey: below.key });
}

/** Copies everything that should be copied; `each` may change a copy, or leave an item out by answering null. */
export function copyMailbox({ from, to }: TwoTenants, each: (item: Item) => ItemContent | null = ({ content, refusal }) => (refusal?.at === 'read' || refusal?.at === 'import' ? null : throughStream(content))): void {
  const folders = new Map<number, Folder>();
  for (const folder of expectedFolders(from)) {
    const target = counterpart(from, to, folder);
    folders.set(folder.key, target);
    for (const { item } of from.items(folder)) {
      const copy = each(item);
      if (copy !== null) to.addItem(target, copy);
    }
  }
  copySettings(from, to, folders);
}

function copySettings(from: Mailbox, to: Mailbox, folders: ReadonlyMap<number, Folder>): void {
  Object.assign(to.settings, structuredClone(from.settings));
  to.settings.automaticReplies.status = 'disabled';
  to.categories.push(...from.categories.map((category) => ({ ...category })));
  to.overrides.push(...from.overrides.map((override) => ({ ...override })));
  for (const rule of from.rules) {
    if (rule.isReadOnly) continue;
    const moved = typeof rule.actions['moveToFolder'] === 'string' ? parseId('folder', from.guid, rule.actions['moveToFolder']) : null;
    const target = moved === null ? undefined : folders.get(moved.key);
    to.rules.push({ ...rule, isEnabled: false, actions: { ...rule.actions, ...(target === undefined ? {} : { moveToFolder: makeId('folder', to.guid, target.key) }) } });
  }
}
