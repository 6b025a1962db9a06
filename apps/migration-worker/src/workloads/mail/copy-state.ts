/** Whether a copy at the destination is still what we wrote. */
import { GraphRequestError } from '@migrator/graph-client';
import type { DestRef } from '../workload.js';
import { saysMailboxMissing } from './errors.js';
import type { Mailbox } from './mailbox.js';
import { segment, text } from './mapi.js';

export type CopyState = 'as written' | 'changed' | 'gone';

/** `gone`: not in that folder any more, be it moved or deleted. Throws GraphRequestError. */
export async function stateOfCopy(destination: Mailbox, folderId: string, copy: DestRef, signal: AbortSignal): Promise<CopyState> {
  try {
    const now = await destination.port.get<Record<string, unknown>>(destination.admin(`/folders/${segment(folderId)}/items/${segment(copy.id)}`), destination.options(signal));
    return text(now['changeKey']) === copy.version ? 'as written' : 'changed';
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'not_found' && !saysMailboxMissing(error)) return 'gone';
    throw error;
  }
}

/** False when a person has changed, moved or deleted the copy since. Throws GraphRequestError. */
export async function isAsWritten(destination: Mailbox, folderId: string, copy: DestRef, signal: AbortSignal): Promise<boolean> {
  return (await stateOfCopy(destination, folderId, copy, signal)) === 'as written';
}
