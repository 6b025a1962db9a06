/** What the mailbox's settings have in common: small named things, listed whole, written one by one, known again by their names. */
import { createHash } from 'node:crypto';
import { GraphRequestError } from '@migrator/graph-client';
import type { SkipCause } from '@migrator/contracts/outcomes';
import type { DestRef, ItemResult, SourceItem, TransferItem } from '../../workload.js';
import { orEndUnit, resultOf, saysMailboxMissing } from '../errors.js';
import type { Mailbox } from '../mailbox.js';

export type Row = Record<string, unknown>;

/** One kind of settings. It is a container of the unit, and each setting an item of it. */
export interface SettingKind {
  /** Class of the container, and its key below `settings/`. */
  readonly kind: string;
  readonly path: string;
  /** Throws UnitError. */
  list(source: Mailbox, signal: AbortSignal): Promise<SourceItem[]>;
  /** What the destination has of this kind; read once for any number of settings. Throws UnitError. */
  current(destination: Mailbox, signal: AbortSignal): Promise<Row[]>;
  /** Those of the current ones that could be the copy. Throws UnitError. */
  find(current: readonly Row[], item: SourceItem, signal: AbortSignal): Promise<DestRef[]> | DestRef[];
  /** Of settings that are found by name: what a verification compares. Kinds without it are found by being the same. */
  readonly verifiedValue?: (row: Row) => unknown;
  /** Why a setting could not be written, as far as the source alone tells; null when it could. Throws UnitError. */
  foresee?(item: SourceItem, signal: AbortSignal): Promise<SkipCause | null>;
  /** Idempotent: a setting that is already there is taken as the copy. Keeps `current` true. Throws GraphRequestError. */
  write(destination: Mailbox, entry: TransferItem, current: Row[], signal: AbortSignal): Promise<ItemResult>;
}

/** Equal for equal content, whatever the order of its fields. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(canonical(value))).digest('hex').slice(0, 32);
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null && inner !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

/** A setting as an item: `ref` is the setting itself, its version the hash of it; `matchKey` is what its copy is known by. */
export function settingItem(kind: string, key: string, content: Record<string, unknown>, matchKey: string): SourceItem {
  return { key, version: contentHash(content), sizeBytes: Buffer.byteLength(JSON.stringify(content)), kind, at: null, matchKey, ref: content };
}

export function contentOf(item: SourceItem): Record<string, unknown> {
  return item.ref as Record<string, unknown>;
}

/** All rows of a small collection below the mailbox's user; none when this mailbox does not have it. Throws UnitError. */
export async function listRows(mailbox: Mailbox, path: string, signal: AbortSignal): Promise<Record<string, unknown>[]> {
  return await orEndUnit(mailbox.side, async () => {
    const rows: Record<string, unknown>[] = [];
    try {
      for await (const page of mailbox.port.pages<Record<string, unknown>>(mailbox.user(path), mailbox.options(signal))) rows.push(...page.value);
    } catch (error) {
      // Rooms and other special mailboxes lack some of these.
      if (!(error instanceof GraphRequestError) || error.kind !== 'not_found' || saysMailboxMissing(error)) throw error;
    }
    return rows;
  });
}

export function written(entry: TransferItem, dest: DestRef, bytes: number): ItemResult {
  return { key: entry.item.key, outcome: entry.existing === null ? 'copied' : 'updated', dest, bytes };
}

export function keptByPerson(entry: TransferItem): ItemResult {
  return resultOf(entry.item.key, { end: 'skipped', cause: 'DEST_ITEM_CHANGED' }, { graphCode: null, requestId: null });
}
