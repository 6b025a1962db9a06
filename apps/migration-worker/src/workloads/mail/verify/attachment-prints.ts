/** Attachments by name and by the hash of their bytes, which flow through and are never held. */
import { hash, createHash } from 'node:crypto';
import { GraphRequestError } from '@migrator/graph-client';
import { saysMailboxMissing, unitErrorOf } from '../errors.js';
import { embeddedItemBody, placeholderBody } from '../json/attachment-body.js';
import { cleanText } from '../json/clean.js';
import type { Mailbox } from '../mailbox.js';
import { isObject, objects, segment, text } from '../mapi.js';
import { contentHash } from '../settings/setting-kind.js';
import { put, wordsOf, type Fields } from './values.js';

/** What of an item's attachments goes into its fingerprint. */
export interface AttachmentPrint {
  addTo(fields: Fields, lesser: Fields): void;
}

interface Seen {
  /** Name, kind and size. */
  readonly listed: string;
  readonly content: string;
  /** As a copy made through JSON has it. */
  readonly lesser: string;
}

export const noAttachments: AttachmentPrint = { addTo: () => undefined };

/** By path of the item (`/messages/{id}`); twenty items' lists travel in one request. */
export async function attachmentPrints(mailbox: Mailbox, paths: readonly string[], signal: AbortSignal): Promise<Map<string, AttachmentPrint>> {
  const prints = new Map<string, AttachmentPrint>();
  if (paths.length === 0) return prints;
  const query = '?$select=id,name,contentType,size,isInline';
  const lists = await mailbox.port.batch(paths.map((path, index) => ({ id: String(index), method: 'GET', url: mailbox.user(`${path}/attachments${query}`) })), mailbox.options(signal));
  for (const [index, path] of paths.entries()) {
    const answer = lists.get(String(index));
    const whole = answer?.status === 200 && isObject(answer.body) && !('@odata.nextLink' in answer.body) ? objects(answer.body['value']) : await listed(mailbox, path, signal);
    const seen: Seen[] = [];
    for (const raw of whole) seen.push(await read(mailbox, path, raw, signal));
    prints.set(path, {
      addTo: (fields, lesser) => {
        put(fields, 'attachments', seen.map(({ listed: each }) => each).sort());
        put(fields, 'attachmentContent', seen.map(({ content }) => content).sort());
        put(lesser, 'attachmentContent', seen.map(({ lesser: each }) => each).sort());
      },
    });
  }
  return prints;
}

/** The whole list of an item with very many, or whose answer in the batch was no list. */
async function listed(mailbox: Mailbox, path: string, signal: AbortSignal): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  try {
    for await (const page of mailbox.port.pages<Record<string, unknown>>(mailbox.user(`${path}/attachments`), mailbox.options(signal, { query: { $select: 'id,name,contentType,size,isInline' } }))) rows.push(...page.value);
  } catch (error) {
    // The item has gone since it was listed, or is damaged: what it has cannot be told.
    if (!cannotBeRead(error)) throw unitErrorOf(error, mailbox.side);
  }
  return rows;
}

async function read(mailbox: Mailbox, itemPath: string, raw: Record<string, unknown>, signal: AbortSignal): Promise<Seen> {
  const kind = (text(raw['@odata.type']) ?? '').replace('#microsoft.graph.', '');
  const name = text(raw['name']) ?? '';
  const path = `${itemPath}/attachments/${segment(text(raw['id']) ?? '')}`;
  const common = { kind, name, isInline: raw['isInline'] === true };
  if (kind === 'referenceAttachment') return { listed: contentHash(common), content: contentHash(common), lesser: placeholder(name, 'a link to a file in the cloud, which Graph does not show') };
  try {
    if (kind === 'itemAttachment') {
      const whole = await mailbox.port.get<Record<string, unknown>>(mailbox.user(path), mailbox.options(signal, { query: { $expand: 'microsoft.graph.itemattachment/item' } }));
      if (!isObject(whole['item'])) return { listed: contentHash(common), content: contentHash(common), lesser: placeholder(name, 'an embedded item that Graph does not show') };
      const words = { subject: cleanText(text(whole['item']['subject']) ?? text(whole['item']['displayName']) ?? ''), body: wordsOf(whole['item']['body']) };
      return { listed: contentHash(common), content: contentHash(embeddedItemBody(name, whole['item'])), lesser: contentHash({ item: name === '' ? 'item' : cleanText(name), ...words }) };
    }
    const sha256 = await hashOf(mailbox, path, signal);
    return { listed: contentHash({ ...common, contentType: raw['contentType'], size: raw['size'] }), content: contentHash({ ...common, sha256 }), lesser: file(name, common.isInline, sha256) };
  } catch (error) {
    if (!cannotBeRead(error)) throw unitErrorOf(error, mailbox.side);
    return { listed: contentHash(common), content: contentHash({ ...common, unreadable: true }), lesser: placeholder(name, 'damaged at the source') };
  }
}

const file = (name: string, isInline: boolean, sha256: string): string => contentHash({ file: name === '' ? 'attachment' : cleanText(name), isInline, sha256 });

/** The small text that stands for what JSON cannot carry. */
function placeholder(name: string, why: string): string {
  const body = placeholderBody(name, why);
  return file(text(body['name']) ?? '', false, hash('sha256', Buffer.from(text(body['contentBytes']) ?? '', 'base64'), 'hex'));
}

async function hashOf(mailbox: Mailbox, path: string, signal: AbortSignal): Promise<string> {
  const response = await mailbox.port.raw('GET', mailbox.user(`${path}/$value`), mailbox.options(signal));
  const digest = createHash('sha256');
  try {
    for await (const piece of response.body) digest.update(piece);
  } finally {
    await response.discard();
  }
  return digest.digest('hex');
}

/** About this attachment alone, for good. */
function cannotBeRead(error: unknown): boolean {
  return error instanceof GraphRequestError && !saysMailboxMissing(error) && (error.kind === 'corrupt' || error.kind === 'not_found' || error.kind === 'bad_request' || error.graphCode?.toLowerCase() === 'errorcannotopenfileattachment');
}
