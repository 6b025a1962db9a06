/** The SHAREPOINT workload: a site with its libraries, lists and pages. Each library is a container, each list, and the pages together. */
import { driveCapabilities, type DriveDeps } from '../drive/drive-pair.js';
import { pathFilter } from '../path-filter.js';
import type { Candidate, Container, DestContainer, Following, ForeseenResult, ItemResult, Page, People, SideReader, TransferItem, UnitScope, UnitSession, Workload } from '../workload.js';
import { LibraryPart } from './libraries/library-part.js';
import { ValuesPart } from './libraries/values-part.js';
import { ListPart } from './lists/list-part.js';
import { SitePeople } from './lists/people.js';
import { PagePart } from './pages/page-part.js';
import { SettingsPart } from './settings-part.js';
import { siteToWriteTo } from './make-site.js';
import { destParts, once, type SitePart } from './site-part.js';
import { openSite, type Site } from './site.js';
import { listLibraries } from './structure.js';

/** Makes the workload; one instance serves any number of units at once. */
export function siteWorkload(deps: DriveDeps): Workload {
  return {
    name: 'SHAREPOINT',
    can: { ...driveCapabilities, verifiedFields: [...driveCapabilities.verifiedFields, 'title', 'values', 'lookups', 'people', 'contentType', 'content', 'published'] },
    destination: siteToWriteTo,
    async open(unit, ports, signal) {
      const source = await openSite('source', ports.source, unit.source.microsoftId, signal);
      return new SiteSession(deps, unit, source, await openSite('dest', ports.destination, unit.dest.microsoftId, signal), ports.people, signal);
    },
  };
}

class SiteSession implements UnitSession {
  private readonly parts: readonly SitePart[];
  readonly sides: SideReader = {
    read: (side, container, dest, _depth, from, signal) => this.partOf(container.kind).read(side, container, dest, from, signal),
    destContainers: (signal) => this.destContainers(signal),
  };
  readonly following: Following = {
    remove: (copies, dest, signal) => this.partOf(destParts(dest.id)[0]).remove(copies, dest, signal),
    copies: (dest, signal) => this.partOf(destParts(dest.id)[0]).copies(dest, signal),
    leftOut: () => nothing(),
  };

  constructor(
    deps: DriveDeps,
    private readonly unit: UnitScope,
    source: Site,
    destination: Site,
    people: People,
    signal: AbortSignal,
  ) {
    const libraries = { source: once(() => listLibraries(source, signal)), dest: once(() => listLibraries(destination, signal)) };
    const { scope } = unit;
    const shared = { log: deps.log, unit, source, destination, libraries, signal, people: new SitePeople(people, source, destination, signal) };
    const files = scope['files'] === false ? null : new LibraryPart(deps, unit, source, destination, people, libraries);
    const lists = scope['lists'] === false ? null : new ListPart(shared);
    this.parts = [
      new SettingsPart(),
      ...(files === null ? [] : [files, new ValuesPart({ ...shared, files, lists })]),
      ...(lists === null ? [] : [lists]),
      ...(scope['pages'] === false ? [] : [new PagePart({ log: deps.log, unit, source, destination, people, named: { containers: () => namedContainers(files, lists), ids: () => counterpartIds(files, lists) } })]),
    ];
  }

  async *containers(signal: AbortSignal): AsyncGenerator<Container> {
    const filter = pathFilter(this.unit.filters);
    for (const part of this.parts) for await (const container of part.containers(signal)) if (!filter.leavesOut(container.path) || (container.placesItems === true && filter.leadsOn(container.path))) yield container;
  }

  ensure(container: Container, _parent: DestContainer | null, signal: AbortSignal, known: string | null = null): Promise<DestContainer> {
    return this.partOf(container.kind).ensure(container, signal, known);
  }

  pages(container: Container, from: string | null, signal: AbortSignal): AsyncIterable<Page> {
    return this.partOf(container.kind).pages(container, from, signal);
  }

  find(inDoubt: readonly TransferItem[], dest: DestContainer, container: Container, signal: AbortSignal): Promise<Map<string, Candidate[]>> {
    return this.partOf(container.kind).find(inDoubt, dest, container, signal);
  }

  transfer(batch: readonly TransferItem[], dest: DestContainer, container: Container, signal: AbortSignal): AsyncIterable<ItemResult> {
    return this.partOf(container.kind).transfer(batch, dest, container, signal);
  }

  foresee(batch: readonly TransferItem[], container: Container, signal: AbortSignal): Promise<ForeseenResult[]> {
    return this.partOf(container.kind).foresee(batch, container, signal);
  }

  private async *destContainers(signal: AbortSignal): AsyncGenerator<Container> {
    for (const part of this.parts) yield* part.destContainers(signal);
  }

  private partOf(kind: string): SitePart {
    const part = this.parts.find(({ kinds }) => kinds.includes(kind));
    if (part === undefined) throw new Error(`a site has no part of the kind ${kind}`);
    return part;
  }
}

async function namedContainers(files: LibraryPart | null, lists: ListPart | null): Promise<string[]> {
  const keys: string[] = [];
  for (const part of [files, lists]) if (part !== null) for await (const { key, kind } of part.containers()) if (kind === part.kinds[0]) keys.push(key);
  return keys;
}

/** Libraries and lists by their ids on both sides, as far as they have a counterpart by now. */
async function counterpartIds(files: LibraryPart | null, lists: ListPart | null): Promise<[string, string][]> {
  const ids = (await files?.counterparts()) ?? [];
  for (const { list } of (await lists?.lists()) ?? []) ids.push([list.id, (await lists?.counterpartOf(list.id)) ?? '']);
  return ids.filter(([from, to]) => from !== '' && to !== '');
}

async function* nothing(): AsyncGenerator<never> {
  // Nothing to list.
}
