/** What the simulator, which shares no code with the migration, says of both tenants: in one form for every workload. */
import type { Comparison, ControlClient } from './control-client.js';

export interface Ends {
  source: string;
  destination: string;
}

export const compareMailboxes = (control: ControlClient, { source, destination }: Ends, examplesMax = 20): Promise<Comparison> => control.call('POST', '/compare', { source, destination, examplesMax });

interface DriveCompared {
  drives: (Record<'expected' | 'matched' | 'missing' | 'extra' | 'kept' | 'keptMoved' | 'doubled' | 'differs', number> & { examples: Record<string, string[]> })[];
}

const surprises = ['missing', 'extra', 'kept', 'doubled', 'differs'] as const;

/** Drives by the addresses of their owners, or libraries by the names of their sites. A drive's folders are items like its files, and it has no settings. */
export async function compareDrives(control: ControlClient, { source, destination }: Ends, drivePairs: readonly { source: string; dest: string }[], examplesMax = 20): Promise<Comparison> {
  const { drives } = await control.call<DriveCompared>('POST', '/files/compare', { source, destination, drives: drivePairs, versions: false, permissions: false, examplesMax });
  const sum = (of: keyof Omit<DriveCompared['drives'][number], 'examples'>): number => drives.reduce((total, each) => total + each[of], 0);
  const items = { expected: sum('expected'), matched: sum('matched'), missing: sum('missing'), extra: sum('extra'), doubled: sum('doubled'), differs: sum('differs'), refused: 0, kept: sum('kept'), keptMoved: sum('keptMoved') };
  const none = { expected: 0, matched: 0, missing: 0, extra: 0, differs: 0 };
  const examples = Object.fromEntries(surprises.map((kind) => [kind, drives.flatMap((each) => each.examples[kind] ?? [])]));
  return { items, folders: none, settings: none, outboundMail: 0, bytes: 0, examples, equal: items.matched === items.expected && items.extra === 0 && items.kept === 0 };
}
