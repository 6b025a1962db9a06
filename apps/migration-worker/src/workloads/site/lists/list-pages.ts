/** Pages of a list or of a library's items with the values of all columns that are asked for. */
import { deltaPages, type DeltaPage } from '../../delta-pages.js';
import { objectOf, textOf, type Raw } from '../../drive/drive-item.js';
import type { Site } from '../site.js';
import { fieldSelects, type Column } from './columns.js';
import { itemSelect } from './list-item.js';

/** Graph's own page; more at once makes it slow where texts are long. */
const pageItems = '200';

/** By delta. More than ten columns that point at others are read item by item. Throws CheckpointExpired, ContainerGone, UnitError. */
export async function* listedItems(site: Site, listId: string, columns: readonly Column[], from: string | null, signal: AbortSignal, more: readonly string[] = []): AsyncGenerator<DeltaPage<Raw>> {
  const [first = [], ...others] = fieldSelects(columns);
  const query = { $select: itemSelect, $expand: `fields($select=${[...first, ...more].join(',')})`, $top: pageItems };
  for await (const page of deltaPages<Raw>(site.side, site.port, site.list(listId, '/items/delta'), site.options(signal, from === null ? { query } : { from, units: 1 }))) {
    const value: Raw[] = [];
    for (const raw of page.value) value.push(raw['deleted'] === undefined ? await withFields(site, listId, raw, others, signal) : raw);
    yield { ...page, value };
  }
}

async function withFields(site: Site, listId: string, raw: Raw, selects: readonly string[][], signal: AbortSignal): Promise<Raw> {
  let fields = objectOf(raw['fields']) ?? {};
  for (const select of selects) {
    const item = await site.port.get<Raw>(site.list(listId, `/items/${textOf(raw['id']) ?? ''}`), site.options(signal, { units: 1, query: { $expand: `fields($select=${select.join(',')})` } }));
    fields = { ...fields, ...objectOf(item['fields']) };
  }
  return { ...raw, fields };
}
