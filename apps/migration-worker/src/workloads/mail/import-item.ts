/** Writes one item in Exchange's own form. https://learn.microsoft.com/graph/import-exchange-mailbox-item */
import { GraphRequestError, type RequestBody } from '@migrator/graph-client';
import type { DestRef } from '../workload.js';
import type { ImportSession, ImportSessions } from './import-session.js';
import type { Mailbox } from './mailbox.js';
import { text } from './mapi.js';
import { ImportUnanswered } from './transfer-failures.js';

/** Where an import goes: a new item in a folder, or the item we wrote there before. */
export interface ImportTarget {
  readonly folderId: string;
  readonly existing: DestRef | null;
}

const closing = Buffer.from('"}');
/** How long streams are, which is known only once they are read: as the latest ones were for their items' reported sizes; at first as base64. */
export class StreamLengths {
  #perItemByte = 4 / 3;

  /** About how long the body of an item's import will be. */
  expected(itemBytes: number): number {
    return Math.ceil(itemBytes * this.#perItemByte);
  }

  learn(itemBytes: number, sentBytes: number): void {
    if (itemBytes > 0) this.#perItemByte = sentBytes / itemBytes;
  }
}

/** The request's JSON up to the data; property names are PascalCase in this one call, and ids are refused when creating. */
export function importHead(target: ImportTarget): Buffer {
  const fields = target.existing === null ? { FolderId: target.folderId, Mode: 'create' } : { FolderId: target.folderId, Mode: 'update', ItemId: target.existing.id, ChangeKey: target.existing.version };
  return Buffer.from(`${JSON.stringify(fields).slice(0, -1)},"Data":"`);
}

/** Counts what really went out, also over a body that is sent twice. */
export interface SentBytes {
  bytes: number;
}

/** A body held in memory, for small items. `head`: its JSON up to the data. */
export function heldBody(head: Buffer, data: readonly Uint8Array[], sent: SentBytes): RequestBody {
  const body = Buffer.concat([head, ...data, closing]);
  sent.bytes = body.length;
  return body;
}

/** A body that opens the export anew whenever it is sent, and passes its bytes on as they come. */
export function streamedBody(target: ImportTarget, open: () => AsyncIterable<Uint8Array>, sent: SentBytes): RequestBody {
  const head = importHead(target);
  return async function* () {
    sent.bytes = 0;
    for await (const piece of open()) {
      // The head goes out with the first piece, so that an item that cannot be read costs the destination nothing.
      if (sent.bytes === 0) {
        sent.bytes = head.length;
        yield head;
      }
      sent.bytes += piece.length;
      yield piece;
    }
    sent.bytes += closing.length;
    yield closing;
  };
}

/** A session that was closed, expired or belongs to a mailbox that has moved. */
function sessionRefused(error: unknown): boolean {
  return error instanceof GraphRequestError && (error.kind === 'unauthorised' || error.kind === 'forbidden' || error.kind === 'conflict');
}

/**
 * Sends one import. When the session is refused, a new one is opened, once: a refused session took nothing.
 * `bytesExpected`: about the size of a streamed body, which the mailbox's budget of bytes must have room for.
 * Throws GraphRequestError, or ImportUnanswered when the destination took the item but its answer was cut.
 */
export async function importItem(destination: Mailbox, sessions: ImportSessions, body: RequestBody, signal: AbortSignal, bytesExpected = 0): Promise<DestRef> {
  const session = await sessions.get(signal);
  try {
    return await send(destination, session, body, signal, bytesExpected);
  } catch (error) {
    if (!sessionRefused(error)) throw error;
    await sessions.drop(session);
  }
  return await send(destination, await sessions.get(signal), body, signal, bytesExpected);
}

async function send(destination: Mailbox, session: ImportSession, body: RequestBody, signal: AbortSignal, bytesExpected: number): Promise<DestRef> {
  const options = destination.options(signal, { slow: true });
  const response = await destination.port.preauthorised('POST', session.url, { ...options, body, bytesExpected, contentType: 'application/json' });
  try {
    const answer = await response.json<Record<string, unknown>>();
    const id = text(answer['itemId']);
    if (id === null) throw new ImportUnanswered('the import answered without an id');
    return { id, version: text(answer['changeKey']) ?? '' };
  } catch (error) {
    if (error instanceof GraphRequestError || error instanceof ImportUnanswered || signal.aborted) throw error;
    throw new ImportUnanswered('the answer to the import was cut', { cause: error });
  }
}
