/** One end of a site's copy and how requests to it are made. Sites, lists and pages count against the same limits as drives. */
import { pathOfNewSite } from '@migrator/contracts/new-site';
import type { GraphPort, RawOptions, RequestOptions } from '@migrator/graph-client';
import { segment } from '../drive/drive.js';
import { textOf, type Raw } from '../drive/drive-item.js';
import { orEndUnit, type Side } from '../graph-errors.js';

export class Site {
  constructor(
    readonly side: Side,
    readonly port: GraphPort,
    readonly id: string,
    readonly webUrl: string,
    /** False when a dry run only plans it: there is nothing in it. */
    readonly exists = true,
  ) {}

  /** A path in this site: `at('/lists')`. */
  at(path: string): string {
    return `/sites/${segment(this.id)}${path}`;
  }

  list(listId: string, path = ''): string {
    return this.at(`/lists/${segment(listId)}${path}`);
  }

  options<T extends Partial<RawOptions>>(signal: AbortSignal, more?: T): RequestOptions & T {
    return { budget: { kind: 'files' }, signal, units: 2, ...more } as RequestOptions & T;
  }

  /** A whole collection. Throws UnitError. */
  async all(path: string, signal: AbortSignal, query: Record<string, string> = {}): Promise<Raw[]> {
    const all: Raw[] = [];
    if (!this.exists) return all;
    await orEndUnit(this.side, async () => {
      for await (const { value } of this.port.pages<Raw>(path, this.options(signal, { query }))) all.push(...value);
    });
    return all;
  }
}

/** Throws UnitError: SOURCE_MISSING or DEST_MISSING when there is no such site, ACCESS_DENIED when it is closed to us or locked. */
export async function openSite(side: Side, port: GraphPort, siteId: string, signal: AbortSignal): Promise<Site> {
  if (pathOfNewSite(siteId) !== null) return new Site(side, port, siteId, '', false);
  const raw = await orEndUnit(side, () => port.get<Raw>(`/sites/${segment(siteId)}`, { budget: { kind: 'files' }, signal, units: 1, query: { $select: 'id,webUrl' } }));
  return new Site(side, port, textOf(raw['id']) ?? siteId, textOf(raw['webUrl']) ?? '');
}
