/** From the path of an admin call to the mailbox and folder it means, with Exchange's refusals. */
import { GraphFault, type GraphRequest } from '../../http/route.js';
import type { SimTenant } from '../../world/tenant.js';
import type { Folder } from '../store/folder.js';
import type { Mailbox } from '../store/mailbox.js';
import { parseId } from '../store/outlook-id.js';

export function mailboxNotEnabled(): GraphFault {
  return new GraphFault(404, 'MailboxNotEnabledForRESTAPI', 'The mailbox is either inactive, soft-deleted, or is hosted on-premise.');
}

/** The mailbox `MBX:...` of the caller's tenant. Archives are served in beta alone. */
export function mailboxOf(req: Pick<GraphRequest, 'params' | 'tenant' | 'version'>): Mailbox {
  const id = req.params['mbx'] ?? '';
  if (!/^MBX:[0-9a-f-]{36}@[0-9a-f-]{36}$/i.test(id)) throw new GraphFault(400, 'ErrorInvalidMailboxId', 'The mailbox id is not valid.');
  const mailbox = req.tenant.exchange.byMailboxId(id);
  if (mailbox?.enabled !== true) throw mailboxNotEnabled();
  if (mailbox.isArchive && req.version === 'v1.0') throw new GraphFault(400, 'ErrorInvalidRequest', 'Operation on Archive mailbox not allowed.');
  return mailbox;
}

/** Whose Outlook budget an admin call counts to. */
export const budgetOf = (req: Pick<GraphRequest, 'params' | 'tenant'>): string | null => req.tenant.exchange.byMailboxId(req.params['mbx'] ?? '')?.budgetId ?? null;

/** The mailbox of `/users/{user}/...`. */
export function mailboxOfUser(tenant: SimTenant, name: string): Mailbox {
  const user = tenant.findUser(name);
  if (user === undefined) throw new GraphFault(404, 'ErrorInvalidUser', `The requested user '${name}' is invalid.`);
  const mailbox = tenant.exchange.mailbox(user.id);
  if (mailbox?.enabled !== true) throw mailboxNotEnabled();
  return mailbox;
}

/** A folder by its admin id or well-known name. */
export function folderOf(mailbox: Mailbox, id: string): Folder {
  const parsed = parseId('folder', mailbox.guid, id);
  const folder = parsed === null ? mailbox.wellKnown(id) : mailbox.folder(parsed.key);
  if (folder === undefined) {
    if (parsed === null && !/^[a-z]+$/i.test(id)) throw new GraphFault(400, 'ErrorInvalidIdMalformed', 'Id is malformed.');
    throw new GraphFault(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
  }
  return folder;
}
