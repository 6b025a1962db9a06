/**
 * Copies items of a folder. Default is Exchange's own stream, exported and imported without being looked into; an item that Exchange
 * refuses to export or import for good is tried through JSON.
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { Logger } from '@migrator/service-kit/logger';
import type { DestRef, ItemResult, TransferItem } from '../workload.js';
import { exportedErrorVerdict, faultOf, isFault, orEndUnit, resultOf, unitErrorOf, verdictOf, wordsOf, type Doing, type GraphWords, type Verdict } from './errors.js';
import { isAsWritten } from './copy-state.js';
import { exportAlone, exportItemsMax, exportTogether, type Exported } from './export-items.js';
import { heldBody, importHead, importItem, streamedBody, type StreamLengths, type ImportTarget, type SentBytes } from './import-item.js';
import type { ImportSessions } from './import-session.js';
import { InFlight } from '../in-flight.js';
import type { Mailbox } from './mailbox.js';
import { ExportUnreadable } from './transfer-failures.js';
import type { Turn } from './turn.js';

/** Reported sizes above this travel alone: the stream can be many times larger than the item. */
export const togetherBytesMax = 1024 * 1024;
/** What is held of one item's stream in memory; a longer one is exported again, alone, and streamed. */
const heldItemBytesMax = 2 * 1024 * 1024;
const heldBytesMax = 4 * 1024 * 1024;
/** Imports at once per call; with two calls that write while a third reads that is what Exchange allows for one mailbox. */
const importsAtOnce = 2;

/** Copies an item through JSON, or says why it cannot: with the failure given, when JSON cannot read or write it either. */
export type JsonCopy = (entry: TransferItem, folderId: string, because: JsonReason, signal: AbortSignal) => Promise<ItemResult>;

interface Round {
  readonly taken: readonly { readonly entry: TransferItem; readonly exported: Exported }[];
  readonly failure: unknown;
  readonly more: boolean;
}

/** Why the stream did not carry the item, and how the item ends when JSON does not either. */
export interface JsonReason {
  readonly verdict: Exclude<Verdict, { end: 'unit' }>;
  readonly words: GraphWords;
}

export interface TransferPorts {
  readonly source: Mailbox;
  readonly destination: Mailbox;
  readonly sessions: ImportSessions;
  readonly copyByJson: JsonCopy;
  /**
   * Shared by all transfers of a unit. Streaming holds a request at both ends at once; two that do so could wait for each other for
   * ever when a mailbox allows only one request at a time.
   */
  readonly streaming: Turn;
  /** Shared in the same way: what the streams were like. */
  readonly lengths: StreamLengths;
  readonly log: Logger;
}

export class ItemTransfer {
  private newHead: { readonly folderId: string; readonly head: Buffer } | null = null;

  constructor(private readonly ports: TransferPorts) {}

  /** One result per item, as each is known. Throws only what ends the unit. */
  async *transfer(batch: readonly TransferItem[], folderId: string, signal: AbortSignal): AsyncGenerator<ItemResult> {
    const alone = batch.filter(({ item }) => item.sizeBytes > togetherBytesMax);
    const together = batch.filter(({ item }) => item.sizeBytes <= togetherBytesMax);
    for (let at = 0; at < together.length; at += exportItemsMax) alone.push(...(yield* this.transferTogether(together.slice(at, at + exportItemsMax), folderId, signal)));
    for (const entry of alone) yield await this.transferAlone(entry, folderId, signal);
  }

  /** Returns the items that have to travel alone after all. */
  private async *transferTogether(batch: readonly TransferItem[], folderId: string, signal: AbortSignal): AsyncGenerator<ItemResult, TransferItem[]> {
    const waiting = new Map(batch.map((entry) => [entry.item.key, entry]));
    const alone: TransferItem[] = [];
    for (let more = true; more && waiting.size > 0; ) {
      const round = await this.exportRound(waiting, signal);
      const imports = new InFlight<ItemResult>(importsAtOnce, heldBytesMax);
      try {
        for (const { entry, exported } of round.taken) {
          if (exported.errorCode === null && exported.data === null) alone.push(entry);
          else {
            while (!imports.hasRoomFor(exported.bytes)) yield await imports.next();
            imports.start(exported.bytes, this.finishExported(entry, exported, folderId, signal));
          }
        }
        while (imports.size > 0) yield await imports.next();
      } finally {
        await imports.drain();
      }
      more = round.more;
      if (round.failure !== null && !asksSingly(round.failure)) {
        for (const entry of waiting.values()) yield this.failure(entry, round.failure, 'read');
        return alone;
      }
    }
    // Items the export left out without a word are asked for once more, singly.
    return [...alone, ...waiting.values()];
  }

  /**
   * Reads as many items of one export as may be held, before anything is written: a request to the source is never kept open while
   * another one waits for the destination. Items read leave `waiting`; `more` says that the rest fits into another round.
   */
  private async exportRound(waiting: Map<string, TransferItem>, signal: AbortSignal): Promise<Round> {
    const taken: Round['taken'][number][] = [];
    let bytes = 0;
    try {
      for await (const exported of exportTogether(this.ports.source, [...waiting.keys()], heldItemBytesMax, signal)) {
        const entry = waiting.get(exported.itemId);
        if (entry === undefined) continue;
        waiting.delete(exported.itemId);
        taken.push({ entry, exported });
        bytes += exported.data === null ? 0 : exported.bytes;
        if (bytes >= heldBytesMax) return { taken, failure: null, more: true };
      }
      return { taken, failure: null, more: false };
    } catch (failure) {
      return { taken, failure, more: false };
    }
  }

  private async finishExported(entry: TransferItem, exported: Exported, folderId: string, signal: AbortSignal): Promise<ItemResult> {
    if (exported.errorCode !== null || exported.data === null) {
      return await this.settle(entry, folderId, exportedErrorVerdict(exported.errorCode), { graphCode: exported.errorCode, requestId: null }, signal);
    }
    const sent: SentBytes = { bytes: 0 };
    try {
      const dest = await importItem(this.ports.destination, this.ports.sessions, heldBody(this.headOf(entry, folderId), exported.data, sent), signal);
      return written(entry, dest, sent.bytes);
    } catch (error) {
      return await this.refused(entry, folderId, error, signal);
    }
  }

  /** How an item's import begins: all new ones of a folder begin alike. */
  private headOf({ existing }: TransferItem, folderId: string): Buffer {
    if (existing !== null) return importHead({ folderId, existing });
    if (this.newHead?.folderId !== folderId) this.newHead = { folderId, head: importHead({ folderId, existing }) };
    return this.newHead.head;
  }

  private async transferAlone(entry: TransferItem, folderId: string, signal: AbortSignal): Promise<ItemResult> {
    const target: ImportTarget = { folderId, existing: entry.existing };
    const sent: SentBytes = { bytes: 0 };
    const reading = new Reading();
    const body = streamedBody(target, () => reading.follow(exportAlone(this.ports.source, entry.item.key, signal)), sent);
    try {
      const dest = await this.ports.streaming.take(() => importItem(this.ports.destination, this.ports.sessions, body, signal, this.ports.lengths.expected(entry.item.sizeBytes)));
      this.ports.lengths.learn(entry.item.sizeBytes, sent.bytes);
      return written(entry, dest, sent.bytes);
    } catch (error) {
      if (reading.failure === null) return await this.refused(entry, folderId, error, signal);
      // The export broke off in the middle of the import. An incomplete request is not taken; the engine makes sure and tries again.
      if (wasCut(reading.failure)) return resultOf(entry.item.key, { end: 'in_doubt' }, wordsOf(reading.failure));
      return await this.settle(entry, folderId, verdictOf(reading.failure, 'read'), wordsOf(reading.failure), signal, { error: reading.failure, doing: 'read' });
    }
  }

  /** The destination did not take the item, or we do not know whether it did. */
  private async refused(entry: TransferItem, folderId: string, error: unknown, signal: AbortSignal): Promise<ItemResult> {
    const { existing } = entry;
    const doing = existing === null ? 'write' : 'update';
    let verdict = verdictOf(error, doing);
    if (existing !== null && verdict.end === 'fallback' && !(await orEndUnit('dest', () => isAsWritten(this.ports.destination, folderId, existing, signal)))) verdict = { end: 'skipped', cause: 'DEST_ITEM_CHANGED' };
    return await this.settle(entry, folderId, verdict, wordsOf(error), signal, { error, doing });
  }

  /** Ends the item by its verdict; `cause` is thrown on when the verdict is about the unit. */
  private async settle(entry: TransferItem, folderId: string, verdict: Verdict, words: GraphWords, signal: AbortSignal, cause?: { error: unknown; doing: Doing }): Promise<ItemResult> {
    if (verdict.end === 'fallback') {
      try {
        return await this.ports.streaming.take(() => this.ports.copyByJson(entry, folderId, { verdict, words }, signal));
      } catch (error) {
        return this.failure(entry, error, 'write');
      }
    }
    if (cause !== undefined) return this.failure(entry, cause.error, cause.doing, verdict);
    if (verdict.end === 'unit') throw new Error('an exported item cannot end its unit');
    return resultOf(entry.item.key, verdict, words);
  }

  private failure(entry: TransferItem, error: unknown, doing: Doing, verdict = verdictOf(error, doing)): ItemResult {
    if (verdict.end === 'unit') throw unitErrorOf(error, doing === 'read' ? 'source' : 'dest');
    if (isFault(error)) this.ports.log.error({ fault: faultOf(error) }, 'the program failed at an item');
    return resultOf(entry.item.key, verdict, wordsOf(error));
  }
}

/** Remembers why reading the source failed: the failed write it causes says nothing of that. */
class Reading {
  failure: unknown = null;

  async *follow(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.failure = null;
    try {
      yield* pieces;
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}

/** One id that Graph does not take spoils the whole request, and a cut answer says nothing of the items after the cut. */
function asksSingly(failure: unknown): boolean {
  if (wasCut(failure)) return true;
  const verdict = failure instanceof GraphRequestError ? verdictOf(failure, 'read').end : 'unit';
  return verdict === 'fallback' || verdict === 'skipped';
}

/** The answer began well and did not come to its end. */
function wasCut(failure: unknown): boolean {
  return failure instanceof ExportUnreadable || (failure instanceof GraphRequestError && failure.kind === 'unavailable' && failure.status >= 200 && failure.status < 300);
}

function written(entry: TransferItem, dest: DestRef, bytes: number): ItemResult {
  return { key: entry.item.key, outcome: entry.existing === null ? 'copied' : 'updated', dest, bytes };
}
