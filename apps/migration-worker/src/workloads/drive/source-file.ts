/**
 * The bytes of a file at the source, range by range, from an address that carries its own permission. Each range is read whole before
 * anything is written with it, so that no request at the source waits for one at the destination. Hashes what it reads.
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { Drive } from './drive.js';
import { parseDriveItem, sourceSelect, type DriveItem, type Raw } from './drive-item.js';
import { during, endFailed, endSkipped } from './errors.js';
import { QuickXorHash } from './quick-xor-hash.js';

/** The file is not what it was when it was listed; `now` is what it is. */
export class SourceChanged extends Error {
  override readonly name = 'SourceChanged';
  constructor(readonly now: DriveItem) {
    super('the file changed while it was read');
  }
}

export class SourceFile {
  private url: string | null;
  private readonly hash = new QuickXorHash();

  constructor(
    private readonly source: Drive,
    readonly item: DriveItem,
  ) {
    this.url = item.url;
  }

  /** Exactly these bytes. Throws ItemEnded, SourceChanged, UnitError. */
  async read(offset: number, length: number, signal: AbortSignal): Promise<Buffer> {
    const bytes = await this.range(offset, length, signal);
    // Read again from where a lost session begins anew: hashed once.
    if (offset === this.hash.length) this.hash.update(bytes);
    return bytes;
  }

  /** The hash of everything, once everything was read from the beginning; null when it was not. */
  get digest(): string | null {
    return this.hash.length === this.item.size ? this.hash.digest() : null;
  }

  /** Call when the last byte was read and before the last is written: throws SourceChanged, or ends the item, when it is not what the source states. */
  async check(signal: AbortSignal): Promise<void> {
    const { item, digest } = this;
    if (item.hash !== null && (digest === null || digest === item.hash)) return;
    // Without a hash to hold it against, the source has to say that it is still the same.
    await this.askAgain(signal);
    if (item.hash !== null) throw endFailed('SOURCE_CONTENT_DIFFERS');
  }

  private async range(offset: number, length: number, signal: AbortSignal): Promise<Buffer> {
    const { item } = this;
    for (let renewed = false; ; renewed = true) {
      if (this.url === null) this.url = await this.askAgain(signal);
      try {
        const { source } = this;
        const { bytes, headers } = await source.port.preauthorisedBytes(this.url, source.options(signal, { headers: { Range: `bytes=${offset}-${offset + length - 1}`, Accept: '*/*' }, bytesMax: length, units: 1 }));
        const total = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
        if (bytes.length === length && (total === undefined || Number(total) === item.size)) return bytes;
      } catch (error) {
        // The address lives for an hour, or less.
        if (error instanceof GraphRequestError && error.kind === 'unauthorised') {
          this.url = null;
          if (!renewed) continue;
          throw endFailed('SOURCE_READ_FAILED', error);
        }
        // A range that is not there: the file has become shorter.
        if (!(error instanceof GraphRequestError) || error.status !== 416) return await during('read', () => Promise.reject(error as Error));
      }
      await this.askAgain(signal);
      throw endFailed('SOURCE_CONTENT_DIFFERS');
    }
  }

  /** A new address for the same content. Throws SourceChanged when it is not the same any more, ItemEnded when it is gone. */
  private async askAgain(signal: AbortSignal): Promise<string> {
    const { source, item } = this;
    const now = parseDriveItem(await during('read', () => source.port.get<Raw>(source.item(item.id), source.options(signal, { query: { $select: sourceSelect }, units: 1 }))));
    if (now.infected) throw endSkipped('SOURCE_ITEM_INFECTED');
    if (now.kind !== 'file') throw endSkipped('SOURCE_ITEM_GONE');
    if (now.eTag !== item.eTag || now.size !== item.size || now.hash !== item.hash) throw new SourceChanged(now);
    if (now.url === null) throw endFailed('SOURCE_READ_FAILED');
    return now.url;
  }
}
