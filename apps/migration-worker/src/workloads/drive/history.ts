/**
 * Earlier versions of files: which the source has, their bytes, and how far a copy has come. A copy gets them oldest first, the current
 * content last; where it stands is read from the copy itself, so that whoever comes after a crash goes on there, whatever was stored of
 * it. Takes drives, whosoever they are. https://learn.microsoft.com/graph/api/driveitem-list-versions
 */
import { GraphRequestError, type GraphErrorKind } from '@migrator/graph-client';
import { segment, type Drive } from './drive.js';
import { textOf, wholeSeconds, type DriveItem, type Raw } from './drive-item.js';
import { during, endFailed, endSkipped, ItemEnded } from './errors.js';
import { RangedContent } from './source-file.js';

export interface FileVersion {
  readonly id: string;
  readonly size: number;
  /** When it was made, whole seconds. */
  readonly at: string;
}

const pageVersions = 200;

export class Histories {
  /** `max`: versions of a file that are asked for, the newest ones, the current one counted. */
  constructor(
    private readonly drive: Drive,
    private readonly max: number,
  ) {}

  /** Whether earlier versions are asked for at all. */
  get kept(): boolean {
    return this.max > 1;
  }

  /** Whether a file may have versions that are asked for. */
  mayHave({ kind, versionId }: DriveItem): boolean {
    return this.max > 1 && kind === 'file' && versionId !== '1.0';
  }

  /** The versions before the current one that are asked for, oldest first. Throws GraphRequestError. */
  async earlier(item: DriveItem, signal: AbortSignal): Promise<FileVersion[]> {
    if (!this.mayHave(item)) return [];
    const { drive, max } = this;
    const versions: FileVersion[] = [];
    for await (const { value } of drive.port.pages<Raw>(`${drive.item(item.id)}/versions`, drive.options(signal, { query: { $select: 'id,size,lastModifiedDateTime', $top: String(Math.min(max, pageVersions)) }, units: 2 }))) {
      versions.push(...value.map((raw) => ({ id: textOf(raw['id']) ?? '', size: Number(raw['size'] ?? 0), at: wholeSeconds(raw['lastModifiedDateTime']) ?? '' })));
      if (versions.length >= max) break;
    }
    // The newest stands first, and is what the file shows.
    return versions.slice(1, max).reverse();
  }
}

/** How many versions a copy has had, by the number of its current one; null where Graph does not say. */
export function versionsOf({ versionId }: Pick<DriveItem, 'versionId'>): number | null {
  const number = /^(\d+)\./.exec(versionId ?? '')?.[1];
  return number === undefined ? null : Number(number);
}

/**
 * What a copy still lacks before the current content; null when it shows the current content. The copy carries the date and the size of
 * the version that was written last. `sizesTell`: what was stored is what was sent.
 */
export function stillToWrite(earlier: readonly FileVersion[], item: DriveItem, copy: DriveItem, sizesTell: boolean): readonly FileVersion[] | null {
  const stands = standing([...earlier.map(({ size, at }) => ({ size, at, hash: null })), { size: item.size, at: item.dates?.lastModifiedDateTime ?? '', hash: item.hash }], copy, sizesTell);
  return stands === earlier.length ? null : earlier.slice(stands + 1);
}

function standing(all: readonly { size: number; at: string; hash: string | null }[], copy: DriveItem, sizesTell: boolean): number {
  const at = copy.dates?.lastModifiedDateTime ?? '';
  const before = all.flatMap((each, index) => (each.at <= at ? [index] : []));
  // What a library stores of an Office file is not shorter than what was sent.
  const isLike = (each: (typeof all)[number]): boolean => (sizesTell ? each.size === copy.size && (each.hash === null || copy.hash === null || each.hash === copy.hash) : each.size <= copy.size);
  const like = all.flatMap((each, index) => (isLike(each) ? [index] : []));
  const exact = like.filter((index) => all[index]?.at === at).at(-1);
  if (exact !== undefined) return exact;
  // The current content under another date: it was renamed, or its date was set.
  const last = all.length - 1;
  if (sizesTell && like.includes(last) && copy.hash !== null && all[last]?.hash === copy.hash) return last;
  return like.filter((index) => before.includes(index)).at(-1) ?? (sizesTell ? like[0] : undefined) ?? before.at(-1) ?? -1;
}

/** Failures that stay: the version is left out, and said. Anything else is tried again with the file. */
const unreadable: ReadonlySet<GraphErrorKind> = new Set<GraphErrorKind>(['not_found', 'gone', 'forbidden', 'bad_request', 'corrupt', 'conflict', 'precondition']);

/** Ends the work on one version that cannot be read; the file goes on without it. */
export const isUnreadableVersion = (error: unknown): boolean => error instanceof ItemEnded && error.verdict.end === 'skipped' && error.verdict.cause === 'VERSIONS_INCOMPLETE';

/** The bytes of an earlier version. The source states no hash of them. */
export class VersionContent extends RangedContent {
  readonly size: number;
  readonly version: string;
  readonly hash = null;

  constructor(
    source: Drive,
    private readonly item: DriveItem,
    private readonly of: FileVersion,
  ) {
    super(source, null);
    this.size = of.size;
    this.version = `${item.id} ${of.id}`;
  }

  /** An earlier version does not change any more. */
  check(): Promise<void> {
    return Promise.resolve();
  }

  protected refused(error: unknown): Promise<never> {
    if (error instanceof GraphRequestError && unreadable.has(error.kind)) return Promise.reject(endSkipped('VERSIONS_INCOMPLETE'));
    return during('read', () => Promise.reject(error as Error));
  }

  protected differs(): ItemEnded {
    return endSkipped('VERSIONS_INCOMPLETE');
  }

  protected async renew(signal: AbortSignal): Promise<string> {
    const { source, item, of } = this;
    let url: string | null;
    try {
      const response = await source.port.raw('GET', `${source.item(item.id)}/versions/${segment(of.id)}/content`, source.options(signal, { units: 1 }));
      url = response.headers.get('location');
      await response.discard();
    } catch (error) {
      return await this.refused(error);
    }
    if (url === null) throw endFailed('SOURCE_READ_FAILED');
    return url;
  }
}
