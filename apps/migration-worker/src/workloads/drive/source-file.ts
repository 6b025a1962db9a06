/**
 * The bytes of a file at the source, range by range, from an address that carries its own permission. Each range is read whole before
 * anything is written with it, so that no request at the source waits for one at the destination. Hashes what it reads.
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { Drive } from './drive.js';
import { parseDriveItem, sourceSelect, type DriveItem, type Raw } from './drive-item.js';
import { during, endFailed, endSkipped, type ItemEnded } from './errors.js';
import { QuickXorHash } from './quick-xor-hash.js';

/** The file is not what it was when it was listed; `now` is what it is. */
export class SourceChanged extends Error {
  override readonly name = 'SourceChanged';
  constructor(readonly now: DriveItem) {
    super('the file changed while it was read');
  }
}

/** What is written as one version of a copy. */
export interface SourceContent {
  readonly size: number;
  /** Changes when the content does. */
  readonly version: string;
  /** What the source states; null where it states none. */
  readonly hash: string | null;
  /** The hash of everything, once everything was read from the beginning; null when it was not. */
  readonly digest: string | null;
  /** Fills `into` with what is there from `offset` on. Throws ItemEnded, SourceChanged, UnitError. */
  read(offset: number, into: Buffer, signal: AbortSignal): Promise<void>;
  /** Call when the last byte was read and before the last is written: throws SourceChanged, or ends the item, when it is not what the source states. */
  check(signal: AbortSignal): Promise<void>;
}

/** Reads ranges from an address that lives for an hour, or less. */
export abstract class RangedContent implements SourceContent {
  abstract readonly size: number;
  abstract readonly version: string;
  abstract readonly hash: string | null;
  private readonly hashing = new QuickXorHash();

  constructor(
    protected readonly source: Drive,
    private url: string | null,
  ) {}

  /** A new address for the same content. Throws when it is not the same any more, or gone. */
  protected abstract renew(signal: AbortSignal): Promise<string>;
  abstract check(signal: AbortSignal): Promise<void>;
  /** What a failed request for its bytes means. */
  protected abstract refused(error: unknown): Promise<never>;
  /** It is not as long as the source states. */
  protected abstract differs(): ItemEnded;

  async read(offset: number, into: Buffer, signal: AbortSignal): Promise<void> {
    await this.range(offset, into, signal);
    // Read again from where a lost session begins anew: hashed once.
    if (offset === this.hashing.length) this.hashing.update(into);
  }

  get digest(): string | null {
    return this.hashing.length === this.size ? this.hashing.digest() : null;
  }

  private async range(offset: number, into: Buffer, signal: AbortSignal): Promise<void> {
    for (let renewed = false; ; renewed = true) {
      if (this.url === null) this.url = await this.renew(signal);
      try {
        const { source } = this;
        const { status, bytes, headers } = await source.port.preauthorisedBytes(this.url, source.options(signal, { headers: { Range: `bytes=${offset}-${offset + into.length - 1}`, Accept: '*/*' }, into, units: 1 }));
        // Whoever does not keep to ranges sends everything. What comes of an earlier version is held against nothing else.
        const whole = status === 200 && offset === 0 && into.length === this.size;
        const range = `bytes ${offset}-${offset + into.length - 1}/`;
        if (bytes.length === into.length && (whole || (status === 206 && [`${range}${this.size}`, `${range}*`].includes(headers.get('content-range') ?? '')))) return;
      } catch (error) {
        if (error instanceof GraphRequestError && error.kind === 'unauthorised') {
          this.url = null;
          if (!renewed) continue;
          throw endFailed('SOURCE_READ_FAILED', error);
        }
        // A range that is not there: the file has become shorter.
        if (!(error instanceof GraphRequestError) || error.status !== 416) return await this.refused(error);
      }
      await this.renew(signal);
      throw this.differs();
    }
  }
}

/** The current content of a file. */
export class SourceFile extends RangedContent {
  readonly size: number;
  readonly version: string;
  readonly hash: string | null;

  constructor(
    source: Drive,
    private readonly item: DriveItem,
  ) {
    super(source, item.url);
    this.size = item.size;
    this.version = item.eTag;
    this.hash = item.hash;
  }

  async check(signal: AbortSignal): Promise<void> {
    const { item, digest } = this;
    if (item.hash !== null && (digest === null || digest === item.hash)) return;
    // Without a hash to hold it against, the source has to say that it is still the same.
    await this.renew(signal);
    if (item.hash !== null) throw endFailed('SOURCE_CONTENT_DIFFERS');
  }

  protected refused(error: unknown): Promise<never> {
    return during('read', () => Promise.reject(error as Error));
  }

  protected differs(): ItemEnded {
    return endFailed('SOURCE_CONTENT_DIFFERS');
  }

  protected async renew(signal: AbortSignal): Promise<string> {
    const { source, item } = this;
    const now = parseDriveItem(await during('read', () => source.port.get<Raw>(source.item(item.id), source.options(signal, { query: { $select: sourceSelect }, units: 1 }))));
    if (now.infected) throw endSkipped('SOURCE_ITEM_INFECTED');
    if (now.kind !== 'file') throw endSkipped('SOURCE_ITEM_GONE');
    if (now.eTag !== item.eTag || now.size !== item.size || now.hash !== item.hash) throw new SourceChanged(now);
    if (now.url === null) throw endFailed('SOURCE_READ_FAILED');
    return now.url;
  }
}
