/** Reads items of the source in Exchange's own form. https://learn.microsoft.com/graph/api/mailbox-exportitems */
import type { RawResponse } from '@migrator/graph-client';
import { scanExport } from './export-scanner.js';
import type { Mailbox } from './mailbox.js';
import { ExportRefused, ExportUnreadable } from './transfer-failures.js';

/** Ids in one export request, at most. */
export const exportItemsMax = 20;

/** One item of a small export. `data` is null when it was longer than asked for: it is then to be exported alone. */
export interface Exported {
  readonly itemId: string;
  readonly data: Uint8Array[] | null;
  readonly bytes: number;
  readonly errorCode: string | null;
}

async function requestExport(source: Mailbox, itemIds: readonly string[], signal: AbortSignal): Promise<RawResponse> {
  const options = source.options(signal, { repeatable: true, slow: true });
  return await source.port.raw('POST', source.admin('/exportItems'), { ...options, body: JSON.stringify({ itemIds }), contentType: 'application/json' });
}

/**
 * Exports several items in one request and gives each as soon as it has arrived. At most `bytesMax` of an item are held. Items may
 * be missing: Exchange silently leaves some out of large answers.
 */
export async function* exportTogether(source: Mailbox, itemIds: readonly string[], bytesMax: number, signal: AbortSignal): AsyncGenerator<Exported> {
  const response = await requestExport(source, itemIds, signal);
  let entry = new EntryInProgress(bytesMax);
  try {
    for await (const events of scanExport(response.body)) {
      for (const event of events) {
        switch (event.type) {
          case 'entry':
            entry = new EntryInProgress(bytesMax);
            break;
          case 'field':
            entry.field(event.name, event.value);
            break;
          case 'data':
            entry.take(event.bytes);
            break;
          case 'entryEnd':
            if (entry.itemId !== '') yield entry.finish();
        }
      }
    }
  } finally {
    await response.discard();
  }
}

class EntryInProgress {
  itemId = '';
  private errorCode: string | null = null;
  private data: Uint8Array[] | null = [];
  private bytes = 0;

  constructor(private readonly bytesMax: number) {}

  field(name: 'itemId' | 'changeKey' | 'errorCode' | 'errorMessage', value: string): void {
    if (name === 'itemId') this.itemId = value;
    if (name === 'errorCode') this.errorCode = value;
  }

  take(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    if (this.bytes > this.bytesMax) this.data = null;
    this.data?.push(bytes);
  }

  finish(): Exported {
    const empty = this.bytes === 0 && this.errorCode === null;
    return { itemId: this.itemId, data: this.data, bytes: this.bytes, errorCode: empty ? 'NoData' : this.errorCode };
  }
}

/**
 * The base64 text of one item, piece by piece, never held whole. Throws ExportRefused before the first piece when Exchange leaves
 * the item out, ExportUnreadable when the answer breaks off.
 */
export async function* exportAlone(source: Mailbox, itemId: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const response = await requestExport(source, [itemId], signal);
  const requestId = response.headers.get('request-id');
  let code: string | null = null;
  let pieces = 0;
  try {
    for await (const events of scanExport(response.body)) {
      for (const event of events) {
        if (event.type === 'field' && event.name === 'errorCode') code = event.value;
        if (event.type !== 'data') continue;
        pieces += 1;
        yield event.bytes;
      }
    }
  } finally {
    await response.discard();
  }
  if (pieces === 0) throw new ExportRefused(code, requestId);
  if (code !== null) throw new ExportUnreadable('the export broke off with an error');
}
