/** Notes on transfers that were begun: what lets the next worker go on where one died in the middle of a large item. Sealed at rest. */
import type { Sql } from '@migrator/service-kit/database';
import type { Seal } from '@migrator/service-kit/seal';
import type { HeldClaim } from './ledger-sql.js';
import type { ContainerEntry } from './unit-ledger.js';

export interface UnfinishedLedger {
  /** Notes by mark. */
  read(entry: ContainerEntry, marks: readonly string[]): Promise<Map<string, string>>;
  /** Keeps a note, or forgets it. Throws ClaimLost. */
  keep(entry: ContainerEntry, mark: string, note: string | null): Promise<void>;
}

/** `fenced` turns the database's refusal of a lost claim into ClaimLost. */
export function createUnfinishedLedger(sql: Sql, { destinationNo, unitId, claim }: HeldClaim, seal: Seal, fenced: <T>(work: Promise<T>) => Promise<T>): UnfinishedLedger {
  return {
    async read({ containerNo }, marks) {
      if (marks.length === 0) return new Map();
      const rows = await sql<{ mark: string; note: Buffer }[]>`
        select encode(uuid_send(item_key), 'hex') as mark, note from worker.unfinished where container_no = ${containerNo} and item_key = any (${`{${marks.join(',')}}`}::text::uuid[])`;
      return new Map(
        rows.flatMap(({ mark, note }): [string, string][] => {
          const opened = seal.open(note, mark);
          return opened === null ? [] : [[mark, opened]];
        }),
      );
    },
    async keep({ containerNo }, mark, note) {
      await fenced(sql`select worker.keep_note(${destinationNo}::bigint, ${unitId}, ${claim}::bigint, ${containerNo}::bigint, ${mark}::text::uuid, ${note === null ? null : seal.seal(note, mark)}::bytea)`.then(() => undefined));
    },
  };
}

/** What a dry run has: nothing is begun. */
export const nothingUnfinished: UnfinishedLedger = { read: () => Promise.resolve(new Map()), keep: () => Promise.resolve() };
