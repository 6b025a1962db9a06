/** What Microsoft does wrong during an act: a fault script of the simulator. Pure. */
import type { PlanSize } from './plan.js';
import type { Random } from './random.js';

/** A rule of the simulator's `POST /faults` (its README). */
export interface Fault {
  id: string;
  match: { path: string };
  probability: number;
  seed: string;
  times: number;
  action: { kind: string } & Record<string, unknown>;
}

const retryAfter = { 'Retry-After': '1' };

interface Kind {
  name: string;
  paths: readonly string[];
  action: Fault['action'];
  /** Strikes at most. */
  most?: number;
}

/** Requests of one workload, as regular expressions over host and path. */
export interface FaultSpace {
  /** Writes whose answer may be lost: the thing is there, and nobody says so. */
  writes: readonly string[];
  reads: readonly string[];
  any: readonly string[];
  /** Reads whose answer may drip. */
  drips: readonly string[];
  /** What befalls this workload alone. */
  own: readonly Kind[];
}

const writes = ['importItem', 'createImportSession', 'childFolders$|mailFolders$|/folders$', '/messages|/events|/contacts|/tasks', 'attachments', 'masterCategories|messageRules|inferenceClassification|mailboxSettings'];
const reads = ['items/delta', 'exportItems', '/folders|/mailFolders', 'items\\?|/items$'];
/** What strikes mailboxes, and whatever else is asked of Graph. */
export const mailboxFaults: FaultSpace = { writes, reads, any: ['graph\\.microsoft\\.com|outlook\\.office365\\.com'], drips: reads, own: [] };

/** Each kind of fault there is, with what it may strike. */
const kindsOf = ({ writes, reads, any, drips, own }: FaultSpace): readonly Kind[] => [
  { name: 'cut after the write', paths: writes, action: { kind: 'resetAfterWrite' } },
  { name: '500 to a write that was done', paths: writes, action: { kind: 'statusAfterWrite', status: 500, code: 'generalException' } },
  { name: '503 to a write that was done', paths: writes, action: { kind: 'statusAfterWrite', status: 503, code: 'serviceNotAvailable', headers: retryAfter } },
  { name: '504 to a write that was done', paths: writes, action: { kind: 'statusAfterWrite', status: 504, code: 'UnknownError' } },
  { name: 'answer cut in its middle', paths: [...writes, ...reads], action: { kind: 'truncateBody', bytes: 200 } },
  { name: 'cut before', paths: any, action: { kind: 'resetBefore' } },
  { name: '429', paths: [...writes, ...reads, ...any], action: { kind: 'status', status: 429, code: 'ApplicationThrottled', message: 'Application is over its MailboxConcurrency limit.', headers: retryAfter } },
  { name: '503', paths: [...writes, ...reads, ...any], action: { kind: 'emptyStatus', status: 503, headers: retryAfter } },
  { name: '502 in HTML', paths: [...reads, ...any], action: { kind: 'htmlError', status: 502 } },
  // Once: a token that is refused and whose successor is refused as well is access that was lost, and rightly ends a job.
  { name: '401', paths: any, action: { kind: 'status', status: 401, code: 'InvalidAuthenticationToken', message: 'Lifetime validation failed, the token is expired.' }, most: 1 },
  { name: 'slow', paths: any, action: { kind: 'delayMs', ms: 400 } },
  // Past the worker's time-out (stage.ts), also past the longer one for streams.
  { name: 'answer later than anybody waits', paths: [...writes, ...reads], action: { kind: 'lateAnswer', ms: 7_000 }, most: 3 },
  { name: 'dripping', paths: drips, action: { kind: 'slowBody', bytesPerSecond: 40_000 } },
  ...own,
];

/** The name of a rule's kind. */
export const faultNameOf = (id: string): string => id.split('/')[1] ?? id;

/** `name`: of the act, and of what it carries. */
export function drawFaults(random: Random, name: string, size: PlanSize, space: FaultSpace): Fault[] {
  const kinds = kindsOf(space);
  const count = random.between(size === 'short' ? 2 : 3, size === 'short' ? 5 : 9);
  return Array.from({ length: count }, (_each, index) => {
    const kind = random.pick(kinds);
    return {
      id: `${name}.${index}/${kind.name}`,
      match: { path: random.pick(kind.paths) },
      probability: random.pick([0.02, 0.05, 0.1, 0.25]),
      seed: `${name}.${index}`,
      times: Math.min(random.between(1, size === 'short' ? 6 : 12), kind.most ?? Infinity),
      action: kind.action,
    };
  });
}
