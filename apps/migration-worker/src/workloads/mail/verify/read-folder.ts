/**
 * A folder of one side for verification. First the import and export API lists every item of any class, without content; then the
 * classic API shows the content of those it knows. Both are joined by the search key; ids of the two are never taken for each other.
 */
import { GraphRequestError, type GraphPage } from '@migrator/graph-client';
import { CheckpointExpired, ContainerGone, type Fingerprint, type FingerprintPage } from '../../workload.js';
import { saysMailboxMissing, unitErrorOf } from '../errors.js';
import { scopeOf } from '../folder-selection.js';
import { mayHaveAttachments } from '../json/message-body.js';
import { jsonKindOf, type JsonKind, type OutlookFolder, type OutlookFolders } from '../json/outlook-folder.js';
import { taskFingerprint } from '../json/task-body.js';
import { cleanText } from '../json/clean.js';
import type { Mailbox } from '../mailbox.js';
import { deliveryTimeProperty, expandProperties, extendedValue, internetMessageIdProperty, markProperty, searchKeyProperty, segment, subjectProperty, submitTimeProperty, text } from '../mapi.js';
import { describingProperties, matchKeyOf } from '../match-key.js';
import { attachmentPrints, noAttachments } from './attachment-prints.js';
import { contactPrint, contactQuery } from './contact-prints.js';
import { eventPrint, eventQuery, seriesParts } from './event-prints.js';
import { messagePrint, messageProperties, messageQuery } from './message-prints.js';
import { taskJoin, taskParts, taskPrint } from './task-prints.js';
import { put, sorted, type Fields } from './values.js';

type Row = Record<string, unknown>;

export interface FolderSide {
  readonly mailbox: Mailbox;
  readonly folders: OutlookFolders;
  /** The folder in the import and export API, and its class. */
  readonly folderId: string;
  readonly type: string;
  /** Addresses of both mailboxes, in lower case. */
  readonly owners: readonly string[];
}

const listedItems = 250;
/** Whole entities with their text: a page is a few megabytes at most. */
const shownItems = 50;

const listing = 'items:';
const showing = 'content:';

/** Pages of both views, from a checkpoint or the beginning. Throws CheckpointExpired, ContainerGone, UnitError. */
export async function* readFolder(side: FolderSide, depth: 'all' | 'items', from: string | null, signal: AbortSignal): AsyncGenerator<FingerprintPage> {
  const kind = depth === 'items' ? null : kindOf(side.type);
  try {
    if (from?.startsWith(showing) !== true) {
      for await (const page of listedPages(side, from === null ? null : from.slice(listing.length), signal)) {
        const last = page.nextLink === null;
        yield { prints: page.value.flatMap((raw) => listedPrint(raw, side.type)), checkpoint: last ? showing : `${listing}${page.nextLink}`, complete: last && kind === null };
        if (last && kind === null) return;
      }
    }
    const shown = kind === null ? null : await side.folders.find(side.folderId, kind, signal);
    if (shown === null) {
      yield { prints: [], checkpoint: showing, complete: true };
      return;
    }
    const link = from?.startsWith(showing) === true ? from.slice(showing.length) : '';
    for await (const page of shownPages(side.mailbox, shown, link === '' ? null : link, signal)) {
      yield { prints: await details(side, shown, page.value, signal), checkpoint: `${showing}${page.nextLink ?? ''}`, complete: page.nextLink === null };
    }
  } catch (error) {
    throw translated(error, side.mailbox);
  }
}

/** How the classic API shows the items of such a folder; null when it does not. */
function kindOf(type: string): JsonKind | null {
  const scope = scopeOf(type);
  if (scope === 'calendar') return 'event';
  if (scope === 'contacts') return 'contact';
  if (scope === 'tasks') return 'task';
  return /^ipf\.note(\.|$)/i.test(type) ? 'message' : null;
}

function listedPages({ mailbox, folderId }: FolderSide, link: string | null, signal: AbortSignal): AsyncIterable<GraphPage<Row>> {
  const query = { $select: 'id,changeKey,type,size,categories,createdDateTime', $top: String(listedItems), $expand: expandProperties(searchKeyProperty, markProperty, ...describingProperties) };
  return mailbox.port.pages<Row>(mailbox.admin(`/folders/${segment(folderId)}/items`), { ...mailbox.options(signal, link === null ? { query } : {}), pageSizeMax: listedItems, ...(link === null ? {} : { from: link }) });
}

function listedPrint(raw: Row, folderType: string): Fingerprint[] {
  const id = text(raw['id']) ?? '';
  const kind = text(raw['type']) ?? 'IPM.Note';
  if (id === '') return [];
  const searchKey = extendedValue(raw, searchKeyProperty);
  const subject = extendedValue(raw, subjectProperty) ?? '';
  const fields: Fields = {};
  const lesser: Fields = {};
  put(fields, 'class', kind);
  put(fields, 'subject', subject);
  put(lesser, 'subject', cleanText(subject));
  put(fields, 'categories', sorted(raw['categories']));
  put(lesser, 'categories', sorted(raw['categories']));
  put(fields, 'sent', extendedValue(raw, submitTimeProperty));
  put(fields, 'received', extendedValue(raw, deliveryTimeProperty));
  put(fields, 'messageId', extendedValue(raw, internetMessageIdProperty));
  const shownAs = jsonKindOf(kind, folderType);
  const content = shownAs !== null && shownAs === kindOf(folderType) ? 'detail' : 'hidden';
  const join = shownAs === 'task' ? taskJoin(subject, text(raw['createdDateTime'])) : searchKey === null ? describedJoin(raw) : null;
  return [
    {
      ...{ part: 'item', key: matchKeyOf(raw), join, mark: extendedValue(raw, markProperty), likeness: null, id, version: text(raw['changeKey']) ?? '', kind },
      ...{ sizeBytes: typeof raw['size'] === 'number' ? raw['size'] : 0, at: extendedValue(raw, deliveryTimeProperty) ?? text(raw['createdDateTime']), content, fields, lesser, ownersChoice: false },
    },
  ];
}

/** What both views show of an item without a search key. */
const describedJoin = (raw: Row): string => JSON.stringify(['described', ...[subjectProperty, deliveryTimeProperty, submitTimeProperty, internetMessageIdProperty].map((id) => extendedValue(raw, id))]);

function shownPages(mailbox: Mailbox, folder: OutlookFolder, link: string | null, signal: AbortSignal): AsyncIterable<GraphPage<Row>> {
  const joining = [searchKeyProperty, markProperty, subjectProperty, deliveryTimeProperty, submitTimeProperty, internetMessageIdProperty];
  const expand = (more: readonly string[] = []): string => expandProperties(...new Set([...joining, ...more]));
  const query: Record<JsonKind, Record<string, string>> = {
    message: { $select: messageQuery.join(','), $expand: expand(messageProperties) },
    event: { $select: eventQuery.join(','), $expand: expand() },
    contact: { $select: contactQuery.join(','), $expand: expand() },
    task: {},
  };
  // Without the first, Graph removes HTML it thinks unsafe; the second makes times the same on both sides.
  const prefer = folder.kind === 'event' ? 'outlook.allow-unsafe-html, outlook.timezone="UTC"' : 'outlook.allow-unsafe-html';
  const options = mailbox.options(signal, { headers: { Prefer: prefer }, ...(link === null ? { query: { ...query[folder.kind], $top: String(shownItems) } } : {}) });
  return mailbox.port.pages<Row>(mailbox.user(folder.items), { ...options, ...(link === null ? {} : { from: link }) });
}

async function details(side: FolderSide, folder: OutlookFolder, rows: readonly Row[], signal: AbortSignal): Promise<Fingerprint[]> {
  const { mailbox } = side;
  const collection = folder.kind === 'event' ? '/events' : '/messages';
  const pathOf = (raw: Row): string => `${collection}/${segment(text(raw['id']) ?? '')}`;
  const withAttachments = folder.kind === 'message' || folder.kind === 'event' ? rows.filter(mayHaveAttachments).map(pathOf) : [];
  const attachments = await attachmentPrints(mailbox, withAttachments, signal);
  const series = folder.kind === 'event' ? await seriesParts(mailbox, rows, signal) : new Map<string, never>();
  const parts = folder.kind === 'task' ? await taskParts(mailbox, folder.items, rows, signal) : new Map<string, never>();
  const prints: Fingerprint[] = [];
  for (const raw of rows) {
    const id = text(raw['id']) ?? '';
    const attached = attachments.get(pathOf(raw)) ?? noAttachments;
    const content = folder.kind === 'message' ? messagePrint(raw, attached) : folder.kind === 'event' ? eventPrint(raw, series.get(id), attached, side.owners) : folder.kind === 'contact' ? await contactPrint(mailbox, raw, signal) : taskPrint(raw, parts.get(id));
    const task = folder.kind === 'task';
    const searchKey = task ? null : extendedValue(raw, searchKeyProperty);
    const join = task ? taskJoin(text(raw['title']) ?? '', text(raw['createdDateTime'])) : searchKey === null ? describedJoin(raw) : null;
    prints.push({
      ...{ part: 'detail', key: searchKey, join, mark: task ? null : extendedValue(raw, markProperty), likeness: task ? taskFingerprint(raw) : null, id, version: '', kind: '' },
      ...{ sizeBytes: 0, at: null, content: 'here', ...content, ownersChoice: false },
    });
  }
  return prints;
}

const forgottenCodes = new Set(['syncstatenotfound', 'resyncrequired', 'syncstateinvalid']);

function translated(error: unknown, mailbox: Mailbox): unknown {
  if (!(error instanceof GraphRequestError)) return error;
  if (error.kind === 'gone' || forgottenCodes.has((error.graphCode ?? '').toLowerCase())) return new CheckpointExpired('the place in the listing is forgotten', { cause: error });
  if (error.kind === 'not_found' && !saysMailboxMissing(error)) return new ContainerGone('the folder is no longer there', { cause: error });
  return unitErrorOf(error, mailbox.side);
}
