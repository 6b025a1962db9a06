/**
 * One write into the columns of a file or folder. SharePoint counts it as a version of the file, dated now: the copy gets its date back, and
 * the versions that came of it go, whoever ends what was begun.
 */
import { GraphRequestError } from '@migrator/graph-client';
import { copyVersion, itemSelect, ownersVersion, parseDriveItem, textOf, type Dates, type DriveItem, type Raw } from '../../drive/drive-item.js';
import type { Drive } from '../../drive/drive.js';
import { endFailed, endSkipped } from '../../drive/errors.js';
import { versionsOf } from '../../drive/history.js';
import type { TransferItem } from '../../workload.js';
import { touchedBy, touchedByProgram } from '../touched-by.js';

/** How often values are written anew because the item was of another version by then. */
const changesMax = 4;

/** What a write under way has to make good, whoever ends it. */
interface Note {
  /** The version that the copy showed before. */
  readonly version: number | null;
  readonly dates: Dates | null;
}

/** Only while nobody else has touched the copy. Returns who touched it last, which is us. */
export async function setValues(drive: Drive, copy: { id: string; version: string }, body: Raw, { resume, bringsVersions }: { resume: TransferItem['resume']; /** The file has its earlier versions, and no others. */ bringsVersions: boolean }, signal: AbortSignal): Promise<string> {
  if (copy.version === ownersVersion) throw endSkipped('DEST_ITEM_CHANGED');
  const item = drive.item(copy.id);
  let before: Note | null = resume?.note == null ? null : (JSON.parse(resume.note) as Note);
  for (let attempt = 1; ; attempt++) {
    const eTag = await tagOf(drive, copy.id, signal);
    const raw = await copyOf(drive, copy.id, signal);
    const now = parseDriveItem(raw);
    if (copyVersion(now) !== copy.version && !touchedByProgram(raw)) throw endSkipped('DEST_ITEM_CHANGED');
    before ??= { version: versionsOf(now), dates: now.dates };
    await resume?.keep(JSON.stringify(before));
    // By its version, so that what was sent and comes late changes nothing any more that somebody else has finished since.
    if (!(await setFields(drive, copy.id, body, eTag, signal))) {
      if (attempt >= changesMax) throw endSkipped('DEST_ITEM_CHANGED');
      continue;
    }
    const after = parseDriveItem(before.dates === null ? await copyOf(drive, copy.id, signal) : await drive.port.patch<Raw>(item, { fileSystemInfo: before.dates }, drive.options(signal, { repeatable: true, units: 2, query: { $select: itemSelect } })));
    if (now.kind === 'file' && bringsVersions) await dropVersions(drive, after, before.version, signal);
    await resume?.keep(null);
    return touchedBy(await copyOf(drive, copy.id, signal));
  }
}

/** False: the item is not of that version any more, as after a write of our own whose answer was lost. */
async function setFields(drive: Drive, itemId: string, body: Raw, eTag: string, signal: AbortSignal): Promise<boolean> {
  try {
    await drive.port.patch<Raw>(`${drive.item(itemId)}/listItem/fields`, body, drive.options(signal, { repeatable: true, units: 2, headers: { 'If-Match': eTag } }));
    return true;
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'precondition') return false;
    throw error;
  }
}

/** A file's tag as an item of its list, which is another one than the file's own. */
async function tagOf(drive: Drive, itemId: string, signal: AbortSignal): Promise<string> {
  const raw = await orGone(() => drive.port.get<Raw>(`${drive.item(itemId)}/listItem`, drive.options(signal, { units: 1, query: { $select: 'id,eTag' } })));
  return textOf(raw['eTag']) ?? '*';
}

function copyOf(drive: Drive, itemId: string, signal: AbortSignal): Promise<Raw> {
  return orGone(() => drive.port.get<Raw>(drive.item(itemId), drive.options(signal, { units: 1, query: { $select: `${itemSelect},lastModifiedBy` } })));
}

async function orGone(read: () => Promise<Raw>): Promise<Raw> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'not_found') throw endFailed('NEEDED_COPY_GONE', error);
    throw error;
  }
}

/** The versions that the writes made, and the one that they made an earlier one of. */
async function dropVersions(drive: Drive, { id, versionId }: DriveItem, before: number | null, signal: AbortSignal): Promise<void> {
  const now = versionsOf({ versionId });
  if (before === null || now === null) return;
  for (let number = before; number < now; number++) {
    try {
      await drive.port.delete(`${drive.item(id)}/versions/${number}.0`, drive.options(signal, { repeatable: true, units: 2 }));
    } catch (error) {
      // One version more than there should be is no reason to fail values that are right.
      if (!(error instanceof GraphRequestError) || error.kind === 'unauthorised' || error.kind === 'cancelled') throw error;
    }
  }
}
