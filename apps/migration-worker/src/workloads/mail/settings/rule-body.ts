/** What of an inbox rule goes to the destination, and what of it has to be mapped: pure. https://learn.microsoft.com/graph/api/resources/messagerule */
import { isObject, objects, text } from '../mapi.js';
import { cleanBody } from '../json/clean.js';
import { contentHash } from './setting-kind.js';

type Row = Record<string, unknown>;

const folderActions = ['moveToFolder', 'copyToFolder'] as const;
const addressActions = ['forwardTo', 'forwardAsAttachmentTo', 'redirectTo'] as const;

/** Exchange marks rules it cannot show through Graph; they cannot be made again either. */
export function isPortable(rule: Row): boolean {
  return rule['isReadOnly'] !== true && rule['hasError'] !== true;
}

export function ruleContent(rule: Row): Row {
  return { displayName: rule['displayName'] ?? '', sequence: rule['sequence'] ?? 1, isEnabled: rule['isEnabled'] ?? true, conditions: rule['conditions'] ?? null, exceptions: rule['exceptions'] ?? null, actions: rule['actions'] ?? null, isReadOnly: rule['isReadOnly'] ?? false, hasError: rule['hasError'] ?? false };
}

/** Ids of the source's folders that the rule's actions point at. */
export function foldersOf(rule: Row): string[] {
  const actions = isObject(rule['actions']) ? rule['actions'] : {};
  return folderActions.map((name) => text(actions[name])).filter((id) => id !== null);
}

/** Who is who at the destination, as far as the unit knows. */
export interface RuleMapping {
  /** Source folder id -> destination folder id. */
  readonly folders: ReadonlyMap<string, string>;
  readonly ownAddress: { readonly source: string; readonly dest: string };
}

/**
 * The rule for the destination, switched off: its owner switches it on at cutover. Null when a target has no counterpart. The
 * mailbox's own address is mapped, addresses outside the source's domain stay; any other address of that domain stops working
 * with the source tenant, and guessing a person could send mail to the wrong one.
 */
export function mappedRule(rule: Row, mapping: RuleMapping): Row | null {
  const actions: Row = isObject(rule['actions']) ? { ...rule['actions'] } : {};
  for (const name of folderActions) {
    const id = text(actions[name]);
    if (id === null) continue;
    const mapped = mapping.folders.get(id);
    if (mapped === undefined) return null;
    actions[name] = mapped;
  }
  for (const name of addressActions) {
    const recipients = objects(actions[name]);
    if (recipients.length === 0) continue;
    const mapped = recipients.map((recipient) => mappedRecipient(recipient, mapping.ownAddress));
    if (mapped.includes(null)) return null;
    actions[name] = mapped;
  }
  return cleanBody({
    displayName: rule['displayName'] ?? '',
    sequence: rule['sequence'] ?? 1,
    isEnabled: false,
    ...(isObject(rule['conditions']) ? { conditions: withoutEmpty(rule['conditions']) } : {}),
    ...(isObject(rule['exceptions']) ? { exceptions: withoutEmpty(rule['exceptions']) } : {}),
    actions: withoutEmpty(actions),
  });
}

function mappedRecipient(recipient: Row, own: RuleMapping['ownAddress']): Row | null {
  const email = isObject(recipient['emailAddress']) ? recipient['emailAddress'] : {};
  const address = (text(email['address']) ?? '').toLowerCase();
  if (address === own.source.toLowerCase()) return { emailAddress: { name: email['name'] ?? '', address: own.dest } };
  const domain = address.slice(address.lastIndexOf('@') + 1);
  const sourceDomain = own.source.toLowerCase().slice(own.source.lastIndexOf('@') + 1);
  const outside = address.includes('@') && domain !== sourceDomain && !domain.endsWith('.onmicrosoft.com');
  return outside ? { emailAddress: { name: email['name'] ?? '', address } } : null;
}

function withoutEmpty(value: Row): Row {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined && !(Array.isArray(inner) && inner.length === 0)));
}

/**
 * Same for rules that do the same, whether switched on or not and wherever in the order: Exchange writes the words of conditions in
 * capitals, and people switch copied rules on.
 */
export function ruleHash(rule: Row): string {
  const essence = (part: unknown): Row => (isObject(part) ? withoutEmpty(part) : {});
  const text = JSON.stringify([rule['displayName'] ?? '', contentHashable(essence(rule['conditions'])), contentHashable(essence(rule['exceptions'])), contentHashable(essence(rule['actions']))]);
  return contentHash(text.toLowerCase());
}

/** Names of people are left out: Exchange fills them in from its address book. Switches that are off say nothing. */
function contentHashable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(contentHashable);
  if (!isObject(value)) return value;
  if (isObject(value['emailAddress'])) return value['emailAddress']['address'];
  return Object.fromEntries(Object.entries(value).filter(([key, inner]) => !key.includes('@') && inner !== false && inner !== null).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, contentHashable(inner)]));
}
