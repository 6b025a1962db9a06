/** What the simulator, which shares no code with the migration, says of both tenants: in one form for every workload. */
import type { Comparison, ControlClient } from './control-client.js';

export interface Ends {
  source: string;
  destination: string;
}

export const compareMailboxes = (control: ControlClient, { source, destination }: Ends, examplesMax = 20): Promise<Comparison> => control.call('POST', '/compare', { source, destination, examplesMax });

type Tally = Record<'expected' | 'matched' | 'missing' | 'extra' | 'differs', number> & { examples: Record<string, string[]> };
/** What can be kept, moved and doubled: list items do not move, and pages stand by their names. */
type Surplus = Partial<Record<'kept' | 'keptMoved' | 'doubled', number>>;
type FilesTally = Tally & Required<Surplus>;
interface SiteCompared {
  libraries: FilesTally[];
  lists: Tally;
  columns: Tally;
  contentTypes: Tally;
  items: Tally & Record<'kept' | 'doubled', number>;
  pages: Tally & Record<'kept', number>;
}

export interface FilesCompared {
  examplesMax?: number;
  /** Whether it counts who may do what. */
  permissions?: boolean;
}

/** Drives by the addresses of their owners. A drive's folders are items like its files, and it has no settings. */
export async function compareDrives(control: ControlClient, { source, destination }: Ends, drivePairs: readonly { source: string; dest: string }[], { examplesMax = 20, permissions = false }: FilesCompared = {}): Promise<Comparison> {
  const { drives, invitationsSent } = await control.call<{ drives: FilesTally[]; invitationsSent: number }>('POST', '/files/compare', { source, destination, drives: drivePairs, versions: false, permissions, examplesMax });
  return together(drives, [], invitationsSent);
}

/** Sites by the ends of their addresses. Files, list items and pages are items; what holds them is counted as folders are: lists, columns, content types. */
export async function compareSites(control: ControlClient, { source, destination }: Ends, sitePairs: readonly { source: string; dest: string }[], { examplesMax = 20, permissions = false }: FilesCompared = {}): Promise<Comparison> {
  const { sites, invitationsSent } = await control.call<{ sites: SiteCompared[]; invitationsSent: number }>('POST', '/sites/compare', { source, destination, sites: sitePairs, versions: false, permissions, examplesMax });
  return together(sites.flatMap(({ libraries, items, pages }) => [...libraries, items, pages]), sites.flatMap(({ lists, columns, contentTypes }) => [lists, columns, contentTypes]), invitationsSent);
}

const surprises = ['missing', 'extra', 'kept', 'doubled', 'differs'] as const;

function together(things: readonly (Tally & Surplus)[], holders: readonly Tally[], outboundMail: number): Comparison {
  const sum = <Kind extends string>(tallies: readonly Partial<Record<Kind, number>>[], kind: Kind): number => tallies.reduce((total, each) => total + (each[kind] ?? 0), 0);
  const counts = (tallies: readonly Tally[]): Record<'expected' | 'matched' | 'missing' | 'extra' | 'differs', number> => ({ expected: sum(tallies, 'expected'), matched: sum(tallies, 'matched'), missing: sum(tallies, 'missing'), extra: sum(tallies, 'extra'), differs: sum(tallies, 'differs') });
  const items = { ...counts(things), doubled: sum(things, 'doubled'), refused: 0, kept: sum(things, 'kept'), keptMoved: sum(things, 'keptMoved') };
  const folders = counts(holders);
  const examples = Object.fromEntries([...surprises.map((kind) => [kind, things.flatMap((each) => each.examples[kind] ?? [])]), ['folders', holders.flatMap((each) => Object.values(each.examples).flat())]]) as Comparison['examples'];
  const equal = items.matched === items.expected && items.extra === 0 && items.kept === 0 && folders.matched === folders.expected && folders.extra === 0;
  return { items, folders, settings: { expected: 0, matched: 0, missing: 0, differs: 0 }, outboundMail, bytes: 0, examples, equal };
}
