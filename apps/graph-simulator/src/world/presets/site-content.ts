/** What the sites of a preset hold: files, lists with columns of every kind, pages. */
import type { SiteSpec } from '../../files/file-store.js';

type Content = Pick<SiteSpec, 'content' | 'libraries' | 'structure'>;

/** A communication site: pages and news above all. */
export const intranetContent: Content = {
  content: { seed: 'intranet', files: 14, folders: 3, bytesMax: 300_000, sharedEvery: 7 },
  structure: {
    pages: { seed: 'intranet', pages: 8, newsEvery: 3, foreignPartsEvery: 4, columnsEvery: 2, draftEvery: 7 },
    lists: [
      { displayName: 'Contacts – Kontakte', items: 12, columns: [{ name: 'Person', personOrGroup: { chooseFromType: 'peopleOnly' } }, { name: 'Phone', text: {} }] },
      { displayName: 'FAQ', items: 12, columns: [{ name: 'Answer', text: { allowMultipleLines: true, textType: 'richText' } }] },
    ],
  },
};

/** A team's site: libraries with columns, and lists that look each other up. */
export const financeContent: Content = {
  content: { seed: 'finance', files: 26, folders: 6, fanout: 3, bytesMax: 400_000, versionsEvery: 9, sharedEvery: 9, emptyEvery: 13 },
  libraries: [{ displayName: 'Invoices', content: { seed: 'invoices', files: 8, folders: 2, bytesMax: 120_000 } }],
  structure: {
    libraryColumns: { Invoices: [{ name: 'Amount', currency: { locale: 'de-DE' } }, { name: 'Paid', boolean: {} }] },
    contentTypes: [{ name: 'Order', parent: 'Item' }],
    lists: [
      { displayName: 'Suppliers', items: 9, gapEvery: 6, columns: [{ name: 'City', text: {} }] },
      { displayName: 'Orders', items: 20, gapEvery: 11, versionsEvery: 9, attachmentsEvery: 15, emptyEvery: 6, contentTypes: ['Order'], everyKind: true, columns: [{ name: 'Supplier', lookup: { listId: 'Suppliers' } }] },
    ],
    pages: { seed: 'finance', pages: 3 },
  },
};

/** Names in other scripts. */
export const projectContent: Content = { content: { seed: 'projets', files: 10, folders: 3, bytesMax: 200_000 }, structure: { lists: [{ displayName: 'Tâches – été', items: 15, columns: [{ name: 'Due', dateTime: { format: 'dateOnly' } }, { name: 'Done', boolean: {} }] }] } };
export const salesContent: Content = { content: { seed: 'sales', files: 8, folders: 2, bytesMax: 150_000 }, structure: { lists: [{ displayName: '顧客リスト', items: 10, columns: [{ name: 'Rank', choice: { choices: ['金', '銀', '銅'] } }] }] } };
