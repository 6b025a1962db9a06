/** "Always move to Focused/Other" by sender. https://learn.microsoft.com/graph/api/inferenceclassification-post-overrides */
import { isObject, text } from '../mapi.js';
import { contentHash, contentOf, keptByPerson, listRows, settingItem, written, type Row, type SettingKind } from './setting-kind.js';

const path = '/inferenceClassification/overrides';

function addressOf(row: Row): string {
  const sender = row['senderEmailAddress'];
  return (isObject(sender) ? (text(sender['address']) ?? '') : '').toLowerCase();
}

function ofSender(rows: readonly Row[], address: string): Row | null {
  return rows.find((row) => addressOf(row) === address) ?? null;
}

function refOf(row: Row): { id: string; version: string } {
  return { id: text(row['id']) ?? '', version: contentHash(row['classifyAs']) };
}

export const focusedOverrides: SettingKind = {
  kind: 'focusedOverrides',
  path: 'Focused Inbox',

  async list(source, signal) {
    const rows = await listRows(source, path, signal);
    return rows.map((row) => settingItem('focusedOverride', text(row['id']) ?? addressOf(row), { classifyAs: row['classifyAs'], senderEmailAddress: isObject(row['senderEmailAddress']) ? { name: row['senderEmailAddress']['name'] ?? '', address: row['senderEmailAddress']['address'] } : null }, addressOf(row)));
  },

  verifiedValue: (row) => row['classifyAs'],

  current: (destination, signal) => listRows(destination, path, signal),

  find(current, item) {
    const row = ofSender(current, addressOf(contentOf(item)));
    return row === null ? [] : [refOf(row)];
  },

  /** A choice the owner of the destination has already made for that sender stays. */
  async write(destination, entry, current, signal) {
    const content = contentOf(entry.item);
    const row = ofSender(current, addressOf(content));
    if (row !== null && (entry.existing === null || row['classifyAs'] === content['classifyAs'])) return written(entry, refOf(row), 0);
    if (row !== null && entry.existing?.version !== refOf(row).version) return keptByPerson(entry);
    // Creating again for the same sender changes what is there, so this may be repeated.
    const created = await destination.port.post<Row>(destination.user(path), content, destination.options(signal, { repeatable: true }));
    const made = { ...content, ...created };
    current.push(made);
    return written(entry, refOf(made), entry.item.sizeBytes);
  },
};
