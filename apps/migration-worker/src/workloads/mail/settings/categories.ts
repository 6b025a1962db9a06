/** The colours of categories; items carry only their names. https://learn.microsoft.com/graph/api/outlookuser-post-mastercategories */
import { text } from '../mapi.js';
import { contentHash, contentOf, keptByPerson, listRows, settingItem, written, type Row, type SettingKind } from './setting-kind.js';

const path = '/outlook/masterCategories';

function named(rows: readonly Row[], name: string | null): Row | null {
  return rows.find((row) => text(row['displayName'])?.toLowerCase() === name?.toLowerCase()) ?? null;
}

function refOf(row: Row): { id: string; version: string } {
  return { id: text(row['id']) ?? '', version: contentHash(row['color']) };
}

export const categories: SettingKind = {
  kind: 'categories',
  path: 'Categories',

  async list(source, signal) {
    const rows = await listRows(source, path, signal);
    return rows.map((row) => settingItem('category', text(row['id']) ?? text(row['displayName']) ?? '', { displayName: row['displayName'], color: row['color'] ?? 'none' }, (text(row['displayName']) ?? '').toLowerCase()));
  },

  verifiedValue: (row) => row['color'],

  current: (destination, signal) => listRows(destination, path, signal),

  find(current, item) {
    const row = named(current, text(contentOf(item)['displayName']));
    return row === null ? [] : [refOf(row)];
  },

  /** A category of that name that is already there stays as its owner has it: names are what items refer to. */
  async write(destination, entry, current, signal) {
    const content = contentOf(entry.item);
    const row = named(current, text(content['displayName']));
    if (row === null) {
      const created = await destination.port.post<Row>(destination.user(path), content, destination.options(signal));
      const made = { ...content, ...created };
      current.push(made);
      return written(entry, refOf(made), entry.item.sizeBytes);
    }
    if (entry.existing === null || row['color'] === content['color']) return written(entry, refOf(row), 0);
    if (entry.existing.version !== refOf(row).version) return keptByPerson(entry);
    const changed = await destination.port.patch<Row>(destination.user(`${path}/${encodeURIComponent(refOf(row).id)}`), { color: content['color'] }, destination.options(signal, { repeatable: true }));
    return written(entry, refOf({ ...row, color: content['color'], ...changed }), entry.item.sizeBytes);
  },
};
