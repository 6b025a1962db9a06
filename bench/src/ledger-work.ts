/** Units at work on a ledger, through the program's own code: several at once, each on a mailbox of its own, in batches of 500. */
import { countedAs, doneCodes, hash64, itemMark, itemStates, LedgerWriter, type ContainerEntry, type ItemIdentity, type RecordedOutcome, type UnitLedger } from '@migrator/migration-worker/measuring';
import type { Sql } from '@migrator/service-kit/database';
import { destOf, filledMark, openMailbox, type FilledMailbox } from './ledger-rows.js';

const batchItems = 500;
/** Of one container in one round. */
const containerItems = 2_000;

export interface Work {
  sql: Sql;
  mailboxes: readonly FilledMailbox[];
  /** Units at once; each has one connection's worth of statements under way. */
  units: number;
  /** Numbers of this kind of work so far: claims and new containers must be new each time. */
  round: number;
}

interface NewBatch {
  entry: ContainerEntry;
  claims: ItemIdentity[];
  outcomes: RecordedOutcome[];
}

/** A mailbox that no other unit of the round has; spread over all of them. */
function mailboxOf({ mailboxes, units, round }: Work, unit: number): FilledMailbox {
  const mailbox = mailboxes[((round * units + unit) * 7_919) % mailboxes.length];
  if (mailbox === undefined) throw new Error('there is no mailbox');
  return mailbox;
}

function batchesOf(entry: ContainerEntry, round: number): NewBatch[] {
  return Array.from({ length: containerItems / batchItems }, (_each, number) => {
    const claims = Array.from({ length: batchItems }, (_item, index): ItemIdentity => {
      const key = `item ${round} ${number * batchItems + index}`;
      return { containerNo: entry.containerNo, mark: itemMark(entry.key, key), matchHash: hash64(`match ${entry.key} ${key}`), versionHash: hash64(key) };
    });
    return { entry, claims, outcomes: claims.map((claim) => ({ ...claim, state: itemStates.done, code: doneCodes.copied, dest: destOf(claim.mark), bytes: 20_000, counted: countedAs.done, own: true })) };
  });
}

/**
 * Copies: each unit has `perUnit` items that are new, half in a folder that is there and half in new ones. They are looked up,
 * claimed and completed, as a pass does. Items a second, all units together.
 */
export async function copy(work: Work, perUnit: number): Promise<number> {
  const { sql, units, round } = work;
  const prepared = await Promise.all(
    Array.from({ length: units }, async (_each, unit) => {
      const mailbox = mailboxOf(work, unit);
      const containers = Math.max(1, Math.floor(perUnit / containerItems));
      const keys = Array.from({ length: containers }, (_key, index) => (index % 2 === 0 ? mailbox.containers[(index / 2 + round) % mailbox.containers.length]?.key ?? '' : `new folder ${round} ${index}`));
      const { ledger, entries } = await openMailbox(sql, mailbox, round + 2, [...new Set(keys)]);
      return { ledger, batches: entries.flatMap((entry) => batchesOf(entry, round)) };
    }),
  );
  const items = prepared.reduce((sum, { batches }) => sum + batches.length * batchItems, 0);
  const began = performance.now();
  await Promise.all(prepared.map(({ ledger, batches }) => copyAll(ledger, batches)));
  const took = performance.now() - began;
  await Promise.all(prepared.map(({ ledger }) => ledger.release()));
  return items / (took / 1_000);
}

async function copyAll(ledger: UnitLedger, batches: readonly NewBatch[]): Promise<void> {
  const writer = new LedgerWriter(ledger, () => undefined);
  for (const { entry, claims, outcomes } of batches) {
    const known = await ledger.lookup(entry, claims.map(({ mark }) => mark));
    if (known.size > 0) throw new Error('an item that is new was in the ledger');
    await writer.write({ claims });
    await writer.write({ outcomes, tallies: [{ containerNo: entry.containerNo, done: outcomes.length, error: 0, skipped: 0, bytes: 20_000 * outcomes.length, removed: 0 }] });
  }
}

/** Looks up items that are there, folder after folder, as a pass does that lists everything again. Items a second, all units together. */
export async function lookUp(work: Work, perUnit: number): Promise<number> {
  const { sql, units, round } = work;
  const prepared = await Promise.all(
    Array.from({ length: units }, async (_each, unit) => {
      const mailbox = mailboxOf(work, unit);
      const { ledger, entries } = await openMailbox(sql, mailbox, round + 2, mailbox.containers.map(({ key }) => key));
      const batches: { entry: ContainerEntry; marks: string[] }[] = [];
      for (let container = round; batches.length * batchItems < perUnit && container < round + mailbox.containers.length; container += 1) {
        const at = container % entries.length;
        const [entry, items] = [entries[at], Math.min(containerItems * 5, mailbox.containers[at]?.items ?? 0)];
        if (entry === undefined) throw new Error('there is no such container');
        for (let from = 0; from < items && batches.length * batchItems < perUnit; from += batchItems) batches.push({ entry, marks: Array.from({ length: Math.min(batchItems, items - from) }, (_item, index) => filledMark(entry.containerNo, from + index + 1)) });
      }
      return { ledger, batches };
    }),
  );
  const items = prepared.reduce((sum, { batches }) => sum + batches.reduce((all, { marks }) => all + marks.length, 0), 0);
  const began = performance.now();
  await Promise.all(
    prepared.map(async ({ ledger, batches }) => {
      for (const { entry, marks } of batches) {
        const rows = await ledger.lookup(entry, marks);
        if (rows.size !== marks.length) throw new Error(`${marks.length - rows.size} rows that were filled in were not found`);
      }
    }),
  );
  const took = performance.now() - began;
  await Promise.all(prepared.map(({ ledger }) => ledger.release()));
  return items / (took / 1_000);
}

/** The same bytes without a ledger's promises: each batch inserted once, complete, into a table with one index. Items a second. */
export async function plain({ sql, units, round }: Work, perUnit: number): Promise<number> {
  await sql`create table if not exists bench_plain (container_no bigint, item_key uuid, match_hash bigint, version_hash bigint, bytes bigint, met_at timestamptz, unit_no integer, state smallint, code smallint, counted smallint, dest_id text, dest_version text, primary key (container_no, item_key))`;
  const batches = Array.from({ length: units }, (_each, unit) => Array.from({ length: Math.max(1, Math.floor(perUnit / batchItems)) }, (_batch, number) => {
    const rows = Array.from({ length: batchItems }, (_row, index) => ({ mark: itemMark(`${round} ${unit}`, `${number * batchItems + index}`), match: hash64(`${round} ${unit} ${number} ${index}`) }));
    return { marks: rows.map(({ mark }) => mark), matches: rows.map(({ match }) => match), dests: rows.map(({ mark }) => destOf(mark)), no: round * units + unit };
  }));
  const began = performance.now();
  await Promise.all(
    batches.map(async (all) => {
      for (const { marks, matches, dests, no } of all)
        await sql`insert into bench_plain select ${no}, k::uuid, m, m, 20000, now(), 1, 2, 1, 1, d, v from unnest(${`{${marks.join(',')}}`}::text::text[], ${`{${matches.join(',')}}`}::text::bigint[], ${`{${dests.map(({ id }) => `"${id}"`).join(',')}}`}::text::text[], ${`{${dests.map(({ version }) => `"${version}"`).join(',')}}`}::text::text[]) as r (k, m, d, v)`;
    }),
  );
  return (batches.flat().length * batchItems) / ((performance.now() - began) / 1_000);
}
