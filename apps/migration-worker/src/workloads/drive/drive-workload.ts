/** The ONEDRIVE workload: everything in a person's drive. The drive is one container; folders are items that others need. */
import type { Candidate, Container, DestContainer, Following, ForeseenResult, ItemResult, Page, People, SideReader, TransferItem, UnitScope, UnitSession, Workload } from '../workload.js';
import { openUserDrive, type Drive } from './drive.js';
import { driveCapabilities, DrivePair, type DriveDeps } from './drive-pair.js';

/** Makes the workload; one instance serves any number of units at once. */
export function onedriveWorkload(deps: DriveDeps): Workload {
  return {
    name: 'ONEDRIVE',
    can: driveCapabilities,
    async open(unit, ports, signal) {
      const source = await openUserDrive('source', ports.source, unit.source.microsoftId, signal);
      return new DriveSession(deps, unit, source, await openUserDrive('dest', ports.destination, unit.dest.microsoftId, signal), ports.people);
    },
  };
}

class DriveSession implements UnitSession {
  private readonly pair: DrivePair;
  readonly sides: SideReader = {
    read: (side, _container, dest, _depth, from, signal) => this.pair.read(side, dest.id, from, signal),
    // A drive is one container, and it is known.
    destContainers: () => nothing(),
  };
  readonly following: Following = {
    remove: (copies, _dest, signal) => this.pair.remove(copies, signal),
    copies: (dest, signal) => this.pair.copies(dest.id, signal),
    leftOut: () => nothing(),
  };

  constructor(
    deps: DriveDeps,
    unit: UnitScope,
    private readonly source: Drive,
    destination: Drive,
    people: People,
  ) {
    this.pair = new DrivePair(deps, { unit, source, destination, name: null, people });
  }

  async *containers(): AsyncGenerator<Container> {
    yield await Promise.resolve({ key: this.source.rootId, path: '/', kind: 'drive', parentKey: null, itemCount: null, placesItems: true, ref: null });
  }

  ensure(_container: Container, _parent: DestContainer | null, signal: AbortSignal): Promise<DestContainer> {
    return this.pair.ensure(signal);
  }

  pages(_container: Container, from: string | null, signal: AbortSignal): AsyncIterable<Page> {
    return this.pair.pages(from, signal);
  }

  find(inDoubt: readonly TransferItem[], dest: DestContainer, _container: Container, signal: AbortSignal): Promise<Map<string, Candidate[]>> {
    return this.pair.find(inDoubt, dest.id, signal);
  }

  transfer(batch: readonly TransferItem[], dest: DestContainer, _container: Container, signal: AbortSignal): AsyncIterable<ItemResult> {
    return this.pair.transfer(batch, dest.id, signal);
  }

  foresee(batch: readonly TransferItem[], _container: Container, signal: AbortSignal): Promise<ForeseenResult[]> {
    return this.pair.foresee(batch, signal);
  }
}

async function* nothing(): AsyncGenerator<never> {
  // Nothing to list.
}
