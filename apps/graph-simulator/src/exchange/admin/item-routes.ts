/** Items of any class through the import/export API: lists, delta, export, delete (graph/exchange.md 4.3). */
import { applySelect, checkSelect, contextUrl, linkWith, matchesFilter, pageReply, parseCount, parseExpand, parseFilter, parseOrderby, parseSelect, parseSkip, parseTop, sortBy } from '../../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest, type Route } from '../../http/route.js';
import type { Folder } from '../store/folder.js';
import { readProperty } from '../json/core/mapi.js';
import { normalisePropertyId } from '../store/extended-property.js';
import { sizeOf, type Item } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';
import { makeId, parseId } from '../store/outlook-id.js';
import { deltaPage, deltaPageSize } from './delta-pages.js';
import { encodeItem, toBase64 } from './fast-transfer.js';
import { folderId, wantedProperties } from './folder-routes.js';
import { budgetOf, folderOf, mailboxOf } from './mailbox-of.js';

const read = ['MailboxItem.Read.All', 'MailboxItem.ReadWrite.All'];
const properties = ['id', 'changeKey', 'createdDateTime', 'lastModifiedDateTime', 'categories', 'type', 'size'];

/** The id changes with every move, as Exchange's does unless immutable ids are asked for, which this API does not document. */
export const itemId = (mailbox: Mailbox, key: number, moves = 0): string => makeId('admin', mailbox.guid, key, moves);

/** The item an id stands for; undefined when it is gone, has moved on, or was never an id of this mailbox. */
export function itemByAdminId(mailbox: Mailbox, id: string): Item | undefined {
  const parsed = parseId('admin', mailbox.guid, id);
  const item = parsed === null ? undefined : mailbox.item(parsed.key);
  return item?.moves === parsed?.extra ? item : undefined;
}

/** An extended property of an item as the admin listing shows it; undefined when the item has none of that name. */
function propertyValue(item: Item, id: string): string | undefined {
  const { content } = item;
  switch (id) {
    case 'String 0x3001':
      return content.contact?.fields.displayName ?? (content.contact === null ? undefined : content.subject);
    case 'String 0xc1a':
      return content.sender?.name ?? content.from?.name;
    case 'SystemTime 0x60':
      return content.event === null ? undefined : `${content.event.start.dateTime.slice(0, 19)}Z`;
    default: {
      const value = readProperty(item, content, id);
      return typeof value === 'string' ? value : undefined;
    }
  }
}

/** The extended properties a `$filter` asks about, as it spells them. Exchange cannot search binary ones. */
function filteredProperties(req: GraphRequest): string[] {
  const ids = [...(req.query.get('$filter') ?? '').matchAll(/\bid\s+eq\s+'((?:[^']|'')+)'/gi)].map(([, id = '']) => id.replaceAll("''", "'"));
  for (const id of ids) {
    const known = normalisePropertyId(id);
    if (known === null) throw new GraphFault(400, 'ErrorInvalidProperty', `'${id}' is not an extended property.`);
    if (known.startsWith('Binary')) throw new GraphFault(400, 'ErrorUnsupportedTypeForQuery', 'A binary extended property cannot be used in a filter.');
  }
  return ids;
}

/** What a filter is held against: the item with those properties, by the names the filter has for them. */
function searchable(item: Item, asked: readonly string[]): Record<string, unknown> {
  return {
    createdDateTime: item.createdAt,
    lastModifiedDateTime: item.modifiedAt,
    changeKey: item.changeKey,
    categories: item.content.categories,
    type: item.content.messageClass,
    size: sizeOf(item.content),
    singleValueExtendedProperties: asked.flatMap((id) => {
      const value = propertyValue(item, normalisePropertyId(id) ?? id);
      return value === undefined ? [] : [{ id, value }];
    }),
  };
}

function view(req: GraphRequest, mailbox: Mailbox, item: Item, wanted: readonly string[]): Record<string, unknown> {
  const shown = applySelect(
    null,
    {
      '@odata.etag': `W/"${item.changeKey}"`,
      id: itemId(mailbox, item.key, item.moves),
      changeKey: item.changeKey,
      createdDateTime: item.createdAt,
      lastModifiedDateTime: item.modifiedAt,
      categories: item.content.categories,
      type: item.content.messageClass,
      size: sizeOf(item.content),
    },
    parseSelect(req.query),
  );
  const expanded = wanted.flatMap((id) => {
    const value = propertyValue(item, id);
    return value === undefined ? [] : [{ id, value }];
  });
  return expanded.length === 0 ? shown : { ...shown, singleValueExtendedProperties: expanded };
}

const context = (mailbox: Mailbox, folder: Folder): string => `admin/exchange/mailboxes('${mailbox.mailboxId}')/folders('${folderId(mailbox, folder)}')/items`;

function list(req: GraphRequest): GraphReply {
  const mailbox = mailboxOf(req);
  const folder = folderOf(mailbox, req.params['folder'] ?? '');
  checkSelect(parseSelect(req.query), properties, 'microsoft.graph.mailboxItem');
  const wanted = wantedProperties(parseExpand(req.query));
  const filter = parseFilter(req.query);
  const order = parseOrderby(req.query);
  const skip = parseSkip(req.query);
  const top = parseTop(req.query, 1000) ?? 10;
  const count = parseCount(req.query) ? { count: folder.itemCount } : {};
  if (filter === null && order.length === 0) {
    const value: unknown[] = [];
    let more = false;
    const from = folder.skip(skip);
    let { left } = from;
    for (const { key } of folder.keys(from.at)) {
      left -= 1;
      if (left >= 0) continue;
      if (value.length === top) {
        more = true;
        break;
      }
      const item = mailbox.item(key);
      if (item !== undefined) value.push(view(req, mailbox, item, wanted));
    }
    return pageReply(req, { context: context(mailbox, folder), value, next: more ? { $skip: String(skip + top) } : null, ...count });
  }
  const asked = filteredProperties(req);
  const all = [...mailbox.items(folder)].map(({ item }) => ({ key: item.key, ...searchable(item, asked) }));
  const matching = sortBy(filter === null ? all : all.filter((each) => matchesFilter(filter, each)), order);
  const value = matching.slice(skip, skip + top).flatMap(({ key }) => {
    const item = mailbox.item(key);
    return item === undefined ? [] : [view(req, mailbox, item, wanted)];
  });
  return pageReply(req, { context: context(mailbox, folder), value, next: skip + top < matching.length ? { $skip: String(skip + top) } : null, ...(parseCount(req.query) ? { count: matching.length } : {}) });
}

function delta(req: GraphRequest): GraphReply {
  const mailbox = mailboxOf(req);
  const folder = folderOf(mailbox, req.params['folder'] ?? '');
  checkSelect(parseSelect(req.query), properties, 'microsoft.graph.mailboxItem');
  const wanted = wantedProperties(parseExpand(req.query));
  const { size, applied } = deltaPageSize(req);
  const page = deltaPage(req, mailbox, folder, size);
  const value = page.entries.map((entry) => (entry.kind === 'item' ? view(req, mailbox, entry.item, wanted) : { '@odata.type': '#microsoft.graph.mailboxItem', id: itemId(mailbox, entry.key, entry.moves), '@removed': { reason: entry.reason } }));
  const reply = pageReply(req, {
    context: `Collection(mailboxItem)`,
    value,
    next: page.next === null ? null : { $skiptoken: page.next, $deltatoken: null },
    ...(page.delta === null ? {} : { deltaLink: linkWith(req, { $deltatoken: page.delta, $skiptoken: null }) }),
  });
  return { ...reply, headers: applied };
}

/** The item of an admin id in this mailbox. */
export function itemOf(mailbox: Mailbox, id: string): Item {
  if (parseId('admin', mailbox.guid, id) === null) throw new GraphFault(400, 'ErrorInvalidIdMalformed', 'Id is malformed.');
  const item = itemByAdminId(mailbox, id);
  if (item === undefined) throw new GraphFault(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
  return item;
}

/** How much larger than the item the stream is (real ones are; the default keeps the network of a demonstration sane). */
export interface ExportOptions {
  inflation: number;
  /** Ids that the next exports leave out without a word, as Exchange does with large groups. */
  omitOnce: Set<string>;
  /** Of several items in one export, those larger than this are left out without a word. */
  omitOverBytes: number;
}

async function exportItems(req: GraphRequest, options: ExportOptions): Promise<GraphReply> {
  const mailbox = mailboxOf(req);
  const body = ((await req.json()) ?? {}) as { itemIds?: unknown };
  if (!Array.isArray(body.itemIds) || body.itemIds.length < 1 || body.itemIds.length > 20 || !body.itemIds.every((id) => typeof id === 'string')) throw new GraphFault(400, 'ErrorInvalidRequest', 'itemIds takes 1 to 20 ids.');
  const ids = body.itemIds as string[];
  const head = `{"@odata.context":${JSON.stringify(`${contextUrl(req, 'Collection(microsoft.graph.exportItemResponse)')}`)},"value":[`;
  async function* pieces(): AsyncGenerator<string> {
    yield head;
    let first = true;
    for (const id of ids) {
      const item = itemByAdminId(mailbox, id);
      if (options.omitOnce.delete(id) || (ids.length > 1 && item !== undefined && sizeOf(item.content) > options.omitOverBytes)) continue;
      const comma = first ? '' : ',';
      first = false;
      const refused = item === undefined ? absence(mailbox, id) : refusal(item);
      if (item === undefined || refused !== null) {
        yield `${comma}${JSON.stringify({ itemId: id, changeKey: '', error: refused })}`;
        continue;
      }
      yield `${comma}{"itemId":${JSON.stringify(id)},"changeKey":${JSON.stringify(item.changeKey)},"data":"`;
      for (const piece of toBase64(encodeItem(item.content, item.refusal?.at === 'import' ? item.refusal : null, options.inflation))) {
        yield piece;
        await Promise.resolve();
      }
      yield '"}';
    }
    yield ']}';
  }
  return { status: 200, stream: gathered(pieces()), contentType: 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8', wrote: false };
}

/** What an answer gathers before it sends a piece: small items leave together. */
const pieceChars = 32 * 1024;

async function* gathered(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let held = '';
  for await (const piece of pieces) {
    held += piece;
    if (held.length < pieceChars) continue;
    yield held;
    held = '';
  }
  if (held !== '') yield held;
}

interface ExportError {
  code: string;
  message: string;
}

const absence = (mailbox: Mailbox, id: string): ExportError =>
  parseId('admin', mailbox.guid, id) === null ? { code: 'ErrorInvalidIdMalformed', message: 'Id is malformed.' } : { code: 'ErrorItemNotFound', message: 'The specified object was not found in the store.' };

const refusal = (item: Item): ExportError | null => (item.refusal !== null && item.refusal.at !== 'import' ? { code: item.refusal.code, message: 'The item could not be exported.' } : null);

export function itemRoutes(options: ExportOptions): Route[] {
  const base = '/admin/exchange/mailboxes/{mbx}/folders/{folder}/items';
  const common = { service: 'outlook', mailbox: budgetOf } as const;
  return [
    { ...common, method: 'GET', path: base, roles: read, handle: list },
    { ...common, method: 'GET', path: `${base}/delta`, roles: read, handle: delta },
    {
      ...common,
      method: 'GET',
      path: `${base}/{item}`,
      roles: read,
      handle: (req) => {
        const mailbox = mailboxOf(req);
        const folder = folderOf(mailbox, req.params['folder'] ?? '');
        const item = itemOf(mailbox, req.params['item'] ?? '');
        if (item.folderKey !== folder.key) throw new GraphFault(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
        return { status: 200, json: { '@odata.context': contextUrl(req, context(mailbox, folder), { entity: true, select: parseSelect(req.query) }), ...view(req, mailbox, item, wantedProperties(parseExpand(req.query))) } };
      },
    },
    {
      ...common,
      method: 'DELETE',
      path: `${base}/{item}`,
      roles: ['MailboxItem.ReadWrite.All'],
      write: true,
      queryOptions: ['disposalType'],
      handle: (req) => {
        const mailbox = mailboxOf(req);
        const folder = folderOf(mailbox, req.params['folder'] ?? '');
        const item = itemOf(mailbox, req.params['item'] ?? '');
        if (item.folderKey !== folder.key) throw new GraphFault(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
        const disposal = req.query.get('disposalType') ?? 'softDelete';
        if (disposal !== 'softDelete' && disposal !== 'hardDelete') throw new GraphFault(400, 'BadRequest', 'disposalType is softDelete or hardDelete.');
        if (disposal === 'hardDelete' && mailbox.onHold) throw new GraphFault(403, 'ErrorAccessDenied', 'The item is protected by a hold or a retention policy and cannot be deleted for good.');
        mailbox.removeItem(item.key);
        return { status: 204 };
      },
    },
    { ...common, method: 'POST', path: '/admin/exchange/mailboxes/{mbx}/exportItems', roles: ['MailboxItem.Export.All', 'MailboxItem.ImportExport.All'], handle: (req) => exportItems(req, options) },
  ];
}
