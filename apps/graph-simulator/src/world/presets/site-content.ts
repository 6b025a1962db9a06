/** What the sites of a preset hold: files, lists with columns of every kind, pages. */
import type { SiteSpec } from '../../files/file-store.js';

type Content = Pick<SiteSpec, 'content' | 'libraries' | 'structure'>;

/** A communication site: pages and news above all. */
export const intranetContent: Content = {
  content: { seed: 'intranet', files: 40, folders: 6, bytesMax: 300_000, sharedEvery: 9 },
  structure: {
    pages: { seed: 'intranet', pages: 14, newsEvery: 3, foreignPartsEvery: 5, columnsEvery: 2, draftEvery: 7 },
    lists: [
      { displayName: 'Contacts – Kontakte', items: 24, columns: [{ name: 'Person', personOrGroup: { chooseFromType: 'peopleOnly' } }, { name: 'Phone', text: {} }] },
      { displayName: 'FAQ', items: 12, columns: [{ name: 'Answer', text: { allowMultipleLines: true, textType: 'richText' } }] },
    ],
  },
};

/** A team's site: libraries with columns, and lists that look each other up. */
export const financeContent: Content = {
  content: { seed: 'finance', files: 90, folders: 14, fanout: 3, bytesMax: 400_000, versionsEvery: 12, sharedEvery: 15, emptyEvery: 30 },
  libraries: [{ displayName: 'Invoices', content: { seed: 'invoices', files: 30, folders: 4, bytesMax: 120_000 } }],
  structure: {
    libraryColumns: { Invoices: [{ name: 'Amount', currency: { locale: 'de-DE' } }, { name: 'Paid', boolean: {} }] },
    columns: [{ name: 'CostCentre', displayName: 'Cost centre', text: {} }],
    contentTypes: [{ name: 'Order', parent: 'Item', columns: ['CostCentre'] }],
    lists: [
      { displayName: 'Suppliers', items: 18, gapEvery: 6, columns: [{ name: 'City', text: {} }] },
      { displayName: 'Orders', items: 60, gapEvery: 11, versionsEvery: 9, attachmentsEvery: 20, emptyEvery: 6, contentTypes: ['Order'], everyKind: true, columns: [{ name: 'Supplier', lookup: { listId: 'Suppliers' } }] },
    ],
    pages: { seed: 'finance', pages: 3 },
  },
};

/** Names in other scripts. */
export const projectContent: Content = { content: { seed: 'projets', files: 35, folders: 8, bytesMax: 200_000 }, structure: { lists: [{ displayName: 'Tâches – été', items: 15, columns: [{ name: 'Due', dateTime: { format: 'dateOnly' } }, { name: 'Done', boolean: {} }] }] } };
export const salesContent: Content = { content: { seed: 'sales', files: 20, folders: 3, bytesMax: 150_000 }, structure: { lists: [{ displayName: '顧客リスト', items: 10, columns: [{ name: 'Rank', choice: { choices: ['金', '銀', '銅'] } }] }] } };
