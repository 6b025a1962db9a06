/**
 * Writes a task through To Do. To Do has no property to stamp a copy with, so a task that is already there with the same content
 * is taken for the copy: that is what makes a second attempt safe.
 */
import type { DestRef, ItemResult, TransferItem } from '../../workload.js';
import { isAsWritten } from '../copy-state.js';
import { resultOf } from '../errors.js';
import type { Mailbox } from '../mailbox.js';
import { expandProperties, extendedValue, segment, subjectProperty, text } from '../mapi.js';
import { locateItem } from './locate.js';
import type { OutlookFolder } from './outlook-folder.js';
import { taskBody, taskFingerprint } from './task-body.js';

type Task = Record<string, unknown>;

/** Throws GraphRequestError. `path` is the source task's, below its user. */
export async function copyTask(ends: { source: Mailbox; destination: Mailbox }, entry: TransferItem, task: Task, path: string, folder: OutlookFolder, folderId: string, signal: AbortSignal): Promise<ItemResult> {
  const { item, existing } = entry;
  const { source, destination } = ends;
  const body = taskBody(task);
  const bytes = Buffer.byteLength(JSON.stringify(body));
  let written: { readonly task: Task; readonly path: string };
  if (existing === null) {
    const there = await findEqual(destination, folder, task, signal);
    const kept = there ?? (await destination.port.post<Task>(destination.user(folder.items), body, destination.options(signal)));
    written = { task: kept, path: `${folder.items}/${segment(text(kept['id']) ?? '')}` };
  } else {
    const place = (await isAsWritten(destination, folderId, existing, signal)) ? await locateItem(destination, folder, folderId, { ...item, key: existing.id, matchKey: null }, signal) : null;
    if (place === null) return resultOf(item.key, { end: 'skipped', cause: 'DEST_ITEM_CHANGED' }, { graphCode: null, requestId: null });
    written = { task: await destination.port.patch<Task>(destination.user(place), body, destination.options(signal, { repeatable: true })), path: place };
  }
  await copySteps(source, path, destination, written.path, signal);
  const dest = await adminRefOf(destination, folderId, written.task, task, signal);
  if (dest === null) return resultOf(item.key, { end: 'in_doubt' }, { graphCode: null, requestId: null });
  return { key: item.key, outcome: existing === null ? 'copied' : 'updated', dest, bytes };
}

async function all(mailbox: Mailbox, path: string, signal: AbortSignal): Promise<Task[]> {
  const rows: Task[] = [];
  for await (const page of mailbox.port.pages<Task>(mailbox.user(path), mailbox.options(signal))) rows.push(...page.value);
  return rows;
}

async function findEqual(destination: Mailbox, folder: OutlookFolder, task: Task, signal: AbortSignal): Promise<Task | null> {
  const wanted = taskFingerprint(task);
  return (await all(destination, folder.items, signal)).find((other) => taskFingerprint(other) === wanted) ?? null;
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

/** The task's id in the admin API: of those with its title the one made at its time, or else the latest. */
async function adminRefOf(destination: Mailbox, folderId: string, written: Task, task: Task, signal: AbortSignal): Promise<DestRef | null> {
  const query = { $expand: expandProperties(subjectProperty), $top: '250' };
  const title = text(task['title']) ?? '';
  const created = Date.parse(text(written['createdDateTime']) ?? '');
  let best: { readonly ref: DestRef; readonly distance: number } | null = null;
  for await (const page of destination.port.pages<Task>(destination.admin(`/folders/${segment(folderId)}/items`), destination.options(signal, { query }))) {
    for (const raw of page.value) {
      if ((extendedValue(raw, subjectProperty) ?? '') !== title) continue;
      const distance = Math.abs(Date.parse(text(raw['createdDateTime']) ?? '') - created);
      if (best === null || distance < best.distance) best = { ref: { id: text(raw['id']) ?? '', version: text(raw['changeKey']) ?? '' }, distance };
    }
  }
  return best?.ref ?? null;
}
