/** One end of a mailbox copy: its two names in Graph and how requests to it are made. */
import { GraphRequestError, type Budget, type GraphPort, type RequestOptions } from '@migrator/graph-client';
import { UnitError } from '../workload.js';
import { orEndUnit, saysMailboxMissing, unitErrorOf, type Side } from './errors.js';

/**
 * A mailbox is addressed as a user (mail, calendars, settings) and by its opaque mailbox id (import and export). Ids of items
 * and folders are in two separate spaces; Microsoft does not say that they are equal, so nothing here takes one for the other.
 */
export class Mailbox {
  private readonly budget: Budget;

  constructor(
    readonly side: Side,
    readonly port: GraphPort,
    readonly userId: string,
    readonly mailboxId: string,
  ) {
    this.budget = { kind: 'outlook', mailbox: userId };
  }

  /** A path of the import and export API: `admin('/folders')`. */
  admin(path: string): string {
    return `/admin/exchange/mailboxes/${encodeURIComponent(this.mailboxId).replaceAll('%3A', ':').replaceAll('%40', '@')}${path}`;
  }

  /** A path of the mailbox's user: `user('/messages')`. */
  user(path: string): string {
    return `/users/${encodeURIComponent(this.userId)}${path}`;
  }

  /** Request options with this mailbox's budget; limits count per application and mailbox, whichever path is used. */
  options(signal: AbortSignal, more: Partial<RequestOptions> = {}): RequestOptions {
    return { budget: this.budget, signal, ...more };
  }
}

/**
 * Resolves the mailbox of a user and looks at it once. Throws UnitError: SOURCE_MISSING or DEST_MISSING when there is none,
 * ACCESS_DENIED when it is closed to us, ACCESS_LOST when the tenant is.
 * https://learn.microsoft.com/graph/api/usersettings-list-exchange
 */
export async function openMailbox(side: Side, port: GraphPort, userId: string, signal: AbortSignal): Promise<Mailbox> {
  const nameless = new Mailbox(side, port, userId, '');
  const settings = await orEndUnit(side, () => port.get<{ primaryMailboxId?: string | null }>(nameless.user('/settings/exchange'), nameless.options(signal)));
  const mailboxId = settings.primaryMailboxId ?? '';
  if (mailboxId === '') throw new UnitError(side === 'source' ? 'SOURCE_MISSING' : 'DEST_MISSING', side, false, { code: null, requestId: null });
  const mailbox = new Mailbox(side, port, userId, mailboxId);
  await orEndUnit(side, () => port.get(mailbox.admin('/folders'), mailbox.options(signal, { query: { $top: '1' } })));
  return mailbox;
}

/** Graph does not have what was asked for, or does not take the question: an id of the other kind, a name it does not know. */
function isAbsence(error: unknown): boolean {
  return error instanceof GraphRequestError && (error.kind === 'not_found' || error.kind === 'bad_request') && !saysMailboxMissing(error);
}

/** The entity, or null when it is not there. Other failures end the unit. */
export async function getOrNull<T>(mailbox: Mailbox, path: string, options: RequestOptions): Promise<T | null> {
  try {
    return await mailbox.port.get<T>(path, options);
  } catch (error) {
    if (isAbsence(error)) return null;
    throw unitErrorOf(error, mailbox.side);
  }
}

/** A whole small collection below the mailbox's user; empty when it is not there. Other failures end the unit. */
export async function listOrNothing(mailbox: Mailbox, path: string, query: Record<string, string>, signal: AbortSignal): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  try {
    for await (const page of mailbox.port.pages<Record<string, unknown>>(mailbox.user(path), mailbox.options(signal, { query }))) rows.push(...page.value);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw unitErrorOf(error, mailbox.side);
  }
  return rows;
}
