/**
 * Writes a task through To Do, which has no property to stamp a copy with. The title is the stamp: a copy is built under a provisional
 * one, by which the admin API knows it for certain, and gets its own when it is whole. An attempt that broke off later is known by its
 * content, as far as it is no other item's copy.
 */
import type { DestRef, ItemResult, TransferItem } from '../../workload.js';
import { isAsWritten } from '../copy-state.js';
import { resultOf } from '../errors.js';
import type { Mailbox } from '../mailbox.js';
import { expandProperties, extendedValue, searchKeyProperty, segment, subjectProperty, text } from '../mapi.js';
import { provisionalMark, removeCopy } from '../stamped-copies.js';
import type { OutlookFolder } from './outlook-folder.js';
import { taskBody, taskFingerprint } from './task-body.js';

type Task = Record<string, unknown>;

/** Times of creation in both APIs may differ by less: one of them counts whole seconds. */
const sameTimeMs = 1_000;

export interface TaskEnds {
  readonly source: Mailbox;
  readonly destination: Mailbox;
  /** Ids of copies that tasks of this run have, known to the ledger or not yet. */
  readonly taskCopies: Set<string>;
}

/** The task at the source: its admin folder, and its path below the user. */
export interface SourceTask {
  readonly folderId: string;
  readonly path: string;
  readonly task: Task;
}

/** Throws GraphRequestError. */
export async function copyTask(ends: TaskEnds, entry: TransferItem, from: SourceTask, folder: OutlookFolder, folderId: string, signal: AbortSignal): Promise<ItemResult> {
  const { item, existing, mark } = entry;
  const { destination } = ends;
  const title = provisionalMark(mark);
  const body = taskBody(from.task);
  const pathOf = (task: Task): string => `${folder.items}/${segment(text(task['id']) ?? '')}`;
  const rename = async (task: Task, to: unknown): Promise<void> => {
    await destination.port.patch<Task>(destination.user(pathOf(task)), { title: to }, destination.options(signal, { repeatable: true }));
  };
  const earlier = entry.again === true ? await findEarlier(ends, entry, from, folder, folderId, rename, signal) : null;
  if (earlier === null && existing !== null && !(await isAsWritten(destination, folderId, existing, signal))) return resultOf(item.key, { end: 'skipped', cause: 'DEST_ITEM_CHANGED' }, { graphCode: null, requestId: null });
  const copy = earlier ?? (await destination.port.post<Task>(destination.user(folder.items), { ...body, title }, destination.options(signal)));
  await copySteps(ends.source, from.path, destination, pathOf(copy), signal);
  const [built] = await titled(destination, folderId, title, signal);
  // Written for certain, but not listed yet: the engine looks again, and what is half-built goes.
  if (built === undefined) return resultOf(item.key, { end: 'in_doubt' }, { graphCode: null, requestId: null });
  await rename(copy, body['title']);
  if (existing !== null && existing.id !== built.id) await removeCopy(destination, folderId, existing.id, signal);
  const now = await destination.port.get<Task>(destination.admin(`/folders/${segment(folderId)}/items/${segment(built.id)}`), destination.options(signal));
  ends.taskCopies.add(built.id);
  const dest: DestRef = { id: built.id, version: text(now['changeKey']) ?? '' };
  return { key: item.key, outcome: existing === null ? 'copied' : 'updated', dest, bytes: Buffer.byteLength(JSON.stringify(body)) };
}

/**
 * What an earlier attempt at this item left: half-built copies are removed; of a whole one, which has the provisional title again
 * afterwards, the task is returned.
 */
async function findEarlier(ends: TaskEnds, entry: TransferItem, from: SourceTask, folder: OutlookFolder, folderId: string, rename: (task: Task, to: unknown) => Promise<void>, signal: AbortSignal): Promise<Task | null> {
  const { destination } = ends;
  const provisional = provisionalMark(entry.mark);
  for (const { id } of await titled(destination, folderId, provisional, signal)) await removeCopy(destination, folderId, id, signal);
  const wanted = taskFingerprint(from.task);
  const equal = (await all(destination, folder.items, signal)).filter((task) => taskFingerprint(task) === wanted);
  if (equal.length === 0) return null;
  const free = await freeCopies(ends, entry, from.folderId, folderId, text(equal[0]?.['title']) ?? '', signal);
  for (const task of equal) {
    const made = Date.parse(text(task['createdDateTime']) ?? '');
    if (!free.some(({ createdMs }) => Math.abs(createdMs - made) <= sameTimeMs)) continue;
    await rename(task, provisional);
    const [known] = await titled(destination, folderId, provisional, signal);
    if (known === undefined || free.some(({ id }) => id === known.id)) return task;
    await rename(task, task['title']);
  }
  return null;
}

interface Listed {
  readonly id: string;
  readonly createdMs: number;
}

/** Tasks of the folder with this title, as the admin API knows them. */
async function titled(destination: Mailbox, folderId: string, title: string, signal: AbortSignal, take: (raw: Task) => boolean = () => true): Promise<Listed[]> {
  const query = { $expand: expandProperties(subjectProperty, searchKeyProperty), $top: '250' };
  const found: Listed[] = [];
  for await (const page of destination.port.pages<Task>(destination.admin(`/folders/${segment(folderId)}/items`), destination.options(signal, { query }))) {
    for (const raw of page.value) {
      const id = text(raw['id']);
      if (id !== null && (extendedValue(raw, subjectProperty) ?? '') === title && take(raw)) found.push({ id, createdMs: Date.parse(text(raw['createdDateTime']) ?? '') });
    }
  }
  return found;
}

/** Of the tasks with this title those that may be this item's copy: an import keeps the search key of its item, and the ledger names the others. */
async function freeCopies({ source, destination, taskCopies }: TaskEnds, entry: TransferItem, sourceFolderId: string, folderId: string, title: string, signal: AbortSignal): Promise<Listed[]> {
  const imported = new Set<string>();
  const query = { $expand: expandProperties(searchKeyProperty), $top: '250' };
  for await (const page of source.port.pages<Task>(source.admin(`/folders/${segment(sourceFolderId)}/items`), source.options(signal, { query }))) for (const raw of page.value) imported.add(extendedValue(raw, searchKeyProperty) ?? '');
  const free = (await titled(destination, folderId, title, signal, (raw) => !imported.has(extendedValue(raw, searchKeyProperty) ?? ''))).filter(({ id }) => !taskCopies.has(id));
  const taken = (await entry.copiesAmong?.(free.map(({ id }) => id))) ?? new Set<string>();
  return free.filter(({ id }) => !taken.has(id) || id === entry.existing?.id);
}

async function all(mailbox: Mailbox, path: string, signal: AbortSignal): Promise<Task[]> {
  const rows: Task[] = [];
  for await (const page of mailbox.port.pages<Task>(mailbox.user(path), mailbox.options(signal))) rows.push(...page.value);
  return rows;
}

/** Steps the copy does not have yet, in their order. https://learn.microsoft.com/graph/api/resources/checklistitem */
async function copySteps(source: Mailbox, from: string, destination: Mailbox, to: string, signal: AbortSignal): Promise<void> {
  const wanted = await all(source, `${from}/checklistItems`, signal);
  if (wanted.length === 0) return;
  const there = new Set((await all(destination, `${to}/checklistItems`, signal)).map((step) => step['displayName']));
  for (const step of wanted) {
    if (there.has(step['displayName'])) continue;
    await destination.port.post(destination.user(`${to}/checklistItems`), { displayName: step['displayName'], isChecked: step['isChecked'] === true }, destination.options(signal));
  }
}
