/**
 * Copies one item through JSON: the way for items that Exchange's own stream does not carry. A copy is built under a provisional
 * mark and gets its own mark last, so that an interrupted attempt leaves nothing that could be taken for the item.
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { DestRef, ItemResult, TransferItem } from '../../workload.js';
import { failureResult, resultOf, saysMailboxMissing, verdictOf } from '../errors.js';
import { isAsWritten } from '../copy-state.js';
import type { Mailbox } from '../mailbox.js';
import { expandProperties, markProperty, segment, text } from '../mapi.js';
import { findStamped, provisionalMark, removeCopy, removePartial } from '../stamped-copies.js';
import type { JsonReason } from '../transfer-items.js';
import { copyAttachments, type ItemPlace } from './attachments.js';
import { contactBody, contactSelect } from './contact-body.js';
import { readEvent, replaySeries, type SourceEvent } from './copy-event.js';
import { copyTask } from './copy-task.js';
import { eventBody } from './event-body.js';
import { locateItem } from './locate.js';
import { carriedProperties, mayHaveAttachments, messageBody, messageSelect } from './message-body.js';
import { Phase } from './phase.js';
import { jsonKindOf, type JsonKind, type OutlookFolder, type OutlookFolders } from './outlook-folder.js';

export interface JsonPorts {
  readonly source: Mailbox;
  readonly destination: Mailbox;
  readonly sourceFolders: OutlookFolders;
  readonly destFolders: OutlookFolders;
  /** Ids of copies that tasks of this run have (copy-task.ts). */
  readonly taskCopies: Set<string>;
}

/** The folder of the source the item lies in. */
export interface SourceFolder {
  readonly id: string;
  readonly type: string;
}

/** What was read of the item, enough to write it. */
interface Read {
  readonly place: ItemPlace;
  readonly entity: Record<string, unknown>;
  readonly series: SourceEvent | null;
  readonly photo: Uint8Array | null;
  readonly hasAttachments: boolean;
}

const photoBytesMax = 4_000_000;

/** One result, always; throws only what ends the unit. `because` is the result when JSON does not carry the item either. */
export async function copyByJson(ports: JsonPorts, entry: TransferItem, from: SourceFolder, folderId: string, because: JsonReason, signal: AbortSignal): Promise<ItemResult> {
  const { item } = entry;
  const givenUp = (): ItemResult => resultOf(item.key, because.verdict, because.words);
  const phase = new Phase();
  try {
    const kind = jsonKindOf(item.kind, from.type);
    const sourceFolder = kind === null ? null : await ports.sourceFolders.find(from.id, kind, signal);
    const destFolder = kind === null || sourceFolder === null ? null : await ports.destFolders.find(folderId, kind, signal);
    if (sourceFolder === null || destFolder === null) return givenUp();
    const path = await locateItem(ports.source, sourceFolder, from.id, item, signal);
    if (path === null) return givenUp();
    if (kind === 'task') {
      const task = await ports.source.port.get<Record<string, unknown>>(ports.source.user(path), ports.source.options(signal));
      phase.doing = 'write';
      return await copyTask(ports, entry, { folderId: from.id, path, task }, destFolder, folderId, signal);
    }
    const read = await readItem(ports.source, path, destFolder.kind, signal);
    phase.doing = 'write';
    return await write(ports.destination, entry, read, destFolder, folderId, phase, signal);
  } catch (error) {
    // What JSON says of an item that the stream has already refused is the same refusal in other words.
    if (phase.doing === 'read' && verdictOf(error, 'read').end === 'fallback') return givenUp();
    return failureResult(item.key, error, phase.doing);
  }
}

async function readItem(source: Mailbox, path: string, kind: JsonKind, signal: AbortSignal): Promise<Read> {
  const place: ItemPlace = { mailbox: source, path };
  if (kind === 'event') {
    const series = await readEvent(source, path, signal);
    return { place, entity: series.event, series, photo: null, hasAttachments: mayHaveAttachments(series.event) };
  }
  const select = (kind === 'message' ? messageSelect : contactSelect).join(',');
  // Without this header Graph removes HTML it thinks unsafe, and the copy would differ from what was sent.
  const query = { $select: select, ...(kind === 'message' ? { $expand: expandProperties(...carriedProperties) } : {}) };
  const entity = await source.port.get<Record<string, unknown>>(source.user(path), source.options(signal, { query, headers: { Prefer: 'outlook.allow-unsafe-html' } }));
  const photo = kind === 'contact' ? await readPhoto(source, path, signal) : null;
  return { place, entity, series: null, photo, hasAttachments: kind === 'message' && mayHaveAttachments(entity) };
}

/** Null when the contact has none, or one too large to be written again. */
async function readPhoto(source: Mailbox, path: string, signal: AbortSignal): Promise<Uint8Array | null> {
  try {
    const response = await source.port.raw('GET', source.user(`${path}/photo/$value`), source.options(signal));
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of response.body) {
      bytes += piece.length;
      if (bytes > photoBytesMax) break;
      pieces.push(piece);
    }
    await response.discard();
    return bytes === 0 || bytes > photoBytesMax ? null : Buffer.concat(pieces);
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'not_found' && !saysMailboxMissing(error)) return null;
    throw error;
  }
}

function bodyOf(read: Read, kind: JsonKind, itemClass: string, mark: string, plain: boolean): Record<string, unknown> {
  if (kind === 'event') return eventBody(read.entity, mark);
  return kind === 'contact' ? contactBody(read.entity, mark) : messageBody(read.entity, itemClass, mark, plain);
}

/** A message that is refused with all its properties is tried once more with those that every tenant takes. */
async function create(destination: Mailbox, folder: OutlookFolder, make: (plain: boolean) => Record<string, unknown>, signal: AbortSignal): Promise<{ id: string; bytes: number }> {
  const send = async (body: Record<string, unknown>): Promise<{ id: string; bytes: number }> => {
    const created = await destination.port.post<Record<string, unknown>>(destination.user(folder.items), body, destination.options(signal));
    return { id: text(created['id']) ?? '', bytes: Buffer.byteLength(JSON.stringify(body)) };
  };
  try {
    return await send(make(false));
  } catch (error) {
    if (folder.kind !== 'message' || !(error instanceof GraphRequestError) || error.kind !== 'bad_request') throw error;
  }
  return await send(make(true));
}

async function write(destination: Mailbox, entry: TransferItem, read: Read, folder: OutlookFolder, folderId: string, phase: Phase, signal: AbortSignal): Promise<ItemResult> {
  const { item, existing, mark } = entry;
  if (existing !== null && !(await isAsWritten(destination, folderId, existing, signal))) return resultOf(item.key, { end: 'skipped', cause: 'DEST_ITEM_CHANGED' }, { graphCode: null, requestId: null });
  await removePartial(destination, folderId, mark, signal);
  const series = read.series !== null && (read.series.cancelled.length > 0 || read.series.exceptions.length > 0) ? read.series : null;
  const inSteps = read.hasAttachments || series !== null || read.photo !== null || existing !== null;
  const created = await create(destination, folder, (plain) => bodyOf(read, folder.kind, item.kind, inSteps ? provisionalMark(mark) : mark, plain), signal);
  let { bytes } = created;
  if (inSteps) {
    const collection = folder.kind === 'message' ? '/messages' : folder.kind === 'event' ? '/events' : '/contacts';
    const place: ItemPlace = { mailbox: destination, path: `${collection}/${segment(created.id)}` };
    try {
      if (series !== null && !(await replaySeries(destination, place.path, series, signal))) {
        await removePartial(destination, folderId, mark, signal);
        return resultOf(item.key, { end: 'failed', failure: 'DEST_ITEM_REFUSED' }, { graphCode: null, requestId: null });
      }
      if (read.hasAttachments) bytes += await copyAttachments(read.place, place, phase, signal);
      if (read.photo !== null) bytes += await putPhoto(place, read.photo, signal);
    } catch (error) {
      if (!signal.aborted) await removePartial(destination, folderId, mark, signal);
      // Nothing of the copy is left, so nothing is in doubt.
      if (error instanceof GraphRequestError && error.kind === 'in_doubt') return resultOf(item.key, { end: 'failed', failure: 'DEST_WRITE_FAILED' }, { graphCode: error.graphCode, requestId: error.requestId });
      throw error;
    }
    const [built] = await findStamped(destination, folderId, provisionalMark(mark), signal);
    await destination.port.patch(destination.user(place.path), { singleValueExtendedProperties: [{ id: markProperty, value: mark }] }, destination.options(signal, { repeatable: true }));
    if (existing !== null && built !== undefined) await removeOlder(destination, folderId, existing, built.id, mark, signal);
  }
  const dest = (await findStamped(destination, folderId, mark, signal))[0];
  // Written for certain, but not listed yet: the engine looks for it again, by its mark.
  if (dest === undefined) return resultOf(item.key, { end: 'in_doubt' }, { graphCode: null, requestId: null });
  return { key: item.key, outcome: existing === null ? 'copied' : 'updated', dest, bytes };
}

/**
 * Rather twice than not at all: the version before goes only after the new one stands. A worker that dies in between leaves both,
 * and the repeated update removes every older one.
 */
async function removeOlder(destination: Mailbox, folderId: string, existing: DestRef, keptId: string, mark: string, signal: AbortSignal): Promise<void> {
  const older = new Set([existing.id, ...(await findStamped(destination, folderId, mark, signal)).map(({ id }) => id)]);
  older.delete(keptId);
  for (const id of older) await removeCopy(destination, folderId, id, signal);
}

async function putPhoto(place: ItemPlace, photo: Uint8Array, signal: AbortSignal): Promise<number> {
  const { mailbox } = place;
  const response = await mailbox.port.raw('PUT', mailbox.user(`${place.path}/photo/$value`), { ...mailbox.options(signal, { repeatable: true }), body: photo, contentType: 'image/jpeg' });
  await response.discard();
  return photo.length;
}
