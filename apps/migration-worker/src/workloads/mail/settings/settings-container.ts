/** Runs a kind of settings as a container of the unit. */
import { GraphRequestError } from '@migrator/graph-client';
import type { Container, DestContainer, DestRef, ForeseenResult, ItemResult, Page, TransferItem } from '../../workload.js';
import { failureResult, resultOf, verdictOf, wordsOf } from '../errors.js';
import type { Mailbox } from '../mailbox.js';
import type { Row, SettingKind } from './setting-kind.js';

/** What the engine passes back with a settings container. */
export interface SettingsRef {
  readonly settings: string;
}

export function settingsContainer(kind: SettingKind): Container {
  return { key: `settings/${kind.kind}`, path: kind.path, kind: kind.kind, parentKey: null, itemCount: null, stays: true, ref: { settings: kind.kind } satisfies SettingsRef };
}

/** Settings live at the destination whether we write them or not. */
export function settingsDestination(kind: SettingKind): DestContainer {
  return { id: `settings/${kind.kind}`, exists: true };
}

/** The whole list in one page. There is no delta: the next pass lists again and compares versions. */
export async function* settingsPages(kind: SettingKind, source: Mailbox, signal: AbortSignal): AsyncGenerator<Page> {
  yield { items: await kind.list(source, signal), removed: [], checkpoint: 'again', complete: true };
}

export async function findSettings(kind: SettingKind, destination: Mailbox, inDoubt: readonly TransferItem[], signal: AbortSignal): Promise<Map<string, DestRef[]>> {
  const found = new Map<string, DestRef[]>();
  const current = await kind.current(destination, signal);
  for (const { item } of inDoubt) {
    const candidates = await kind.find(current, item, signal);
    if (candidates.length > 0) found.set(item.key, candidates);
  }
  return found;
}

/** Of a dry run: the settings that could not be written. */
export async function foreseeSettings(kind: SettingKind, batch: readonly TransferItem[], signal: AbortSignal): Promise<ForeseenResult[]> {
  const foreseen: ForeseenResult[] = [];
  for (const { item } of batch) {
    const cause = (await kind.foresee?.(item, signal)) ?? null;
    if (cause !== null) foreseen.push({ key: item.key, outcome: 'skipped', cause, graphCode: null, requestId: null });
  }
  return foreseen;
}

/** One after the other: rules have an order, and each of these is a few hundred bytes. */
export async function* transferSettings(kind: SettingKind, destination: Mailbox, batch: readonly TransferItem[], signal: AbortSignal): AsyncGenerator<ItemResult> {
  const current = await kind.current(destination, signal);
  for (const entry of batch) yield await writeOne(kind, destination, entry, current, signal);
}

async function writeOne(kind: SettingKind, destination: Mailbox, entry: TransferItem, current: Row[], signal: AbortSignal): Promise<ItemResult> {
  try {
    return await kind.write(destination, entry, current, signal);
  } catch (error) {
    const doing = entry.existing === null ? 'write' : 'update';
    // A setting the destination does not take is a known limit, not a damaged item.
    if (error instanceof GraphRequestError && verdictOf(error, doing).end === 'fallback') return resultOf(entry.item.key, { end: 'skipped', cause: 'SETTING_REFUSED' }, wordsOf(error));
    return failureResult(entry.item.key, error, doing);
  }
}
