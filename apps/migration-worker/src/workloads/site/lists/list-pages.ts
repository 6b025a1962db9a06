/** Pages of a list or of a library's items with the values of all columns that are asked for. */
import { deltaPages, listingError, type DeltaPage } from '../../delta-pages.js';
import { objectOf, textOf, type Raw } from '../../drive/drive-item.js';
import type { Site } from '../site.js';
import { fieldSelects, type Column } from './columns.js';
import { itemSelect, listedSelect } from './list-item.js';

/** Graph's own page; more at once makes it slow where texts are long. */
const pageItems = '200';

/** By delta, which does not say who changed an item last. More than ten columns that point at others are read item by item. Throws CheckpointExpired, ContainerGone, UnitError. */
export async function* listedItems(site: Site, listId: string, columns: readonly Column[], from: string | null, signal: AbortSignal): AsyncGenerator<DeltaPage<Raw>> {
  const [first = [], ...others] = fieldSelects(columns);
  const query = queryOf(listedSelect, first);
  for await (const page of deltaPages<Raw>(site.side, site.port, site.list(listId, '/items/delta'), site.options(signal, from === null ? { query } : { from, units: 1 }))) {
    const value: Raw[] = [];
    for (const raw of page.value) value.push(raw['deleted'] === undefined ? await withFields(site, listId, raw, others, signal) : raw);
    yield { ...page, value };
  }
}

/** What is there now, with who changed it last; `more`: further fields. Throws ContainerGone, UnitError. */
export async function* presentItems(site: Site, listId: string, columns: readonly Column[], from: string | null, signal: AbortSignal, more: readonly string[] = []): AsyncGenerator<DeltaPage<Raw>> {
  const [first = [], ...others] = fieldSelects(columns);
  const query = queryOf(itemSelect, [...first, ...more]);
  try {
    for await (const { value, nextLink } of site.port.pages<Raw>(site.list(listId, '/items'), site.options(signal, from === null ? { query } : { from }))) {
      const whole: Raw[] = [];
      for (const raw of value) whole.push(await withFields(site, listId, raw, others, signal));
      yield { value: whole, checkpoint: nextLink ?? '', complete: nextLink === null };
    }
  } catch (error) {
    throw listingError(error, site.side);
  }
}

const queryOf = (select: string, fields: readonly string[]): Record<string, string> => ({ $select: select, $expand: `fields($select=${fields.join(',')})`, $top: pageItems });

async function withFields(site: Site, listId: string, raw: Raw, selects: readonly string[][], signal: AbortSignal): Promise<Raw> {
  let fields = objectOf(raw['fields']) ?? {};
  for (const select of selects) {
    const item = await site.port.get<Raw>(site.list(listId, `/items/${textOf(raw['id']) ?? ''}`), site.options(signal, { units: 1, query: { $expand: `fields($select=${select.join(',')})` } }));
    fields = { ...fields, ...objectOf(item['fields']) };
  }
  return { ...raw, fields };
}
