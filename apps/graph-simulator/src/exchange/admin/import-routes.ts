/** Import sessions and the import itself on outlook.office365.com (graph/exchange.md 4.3). */
import { LinkTokens, type LinkClaims } from '../../http/link-token.js';
import { contextUrl } from '../../http/odata.js';
import { GraphFault, type GraphReply, type HostRequest, type HostRoute, type Route } from '../../http/route.js';
import type { World } from '../../world/world.js';
import { sizeOf, type Item } from '../store/item.js';
import { QuotaExceeded, type Mailbox } from '../store/mailbox.js';
import { ForeignStream, ItemDecoder, type DecodedItem } from './fast-transfer.js';
import { folderByAdminId } from './folder-routes.js';
import { BadImportBody, readImportBody } from './import-body.js';
import { itemByAdminId, itemId } from './item-routes.js';
import { budgetOf, mailboxOf } from './mailbox-of.js';

/** Life of a session, in simulated milliseconds. */
const sessionMs = 60 * 60_000;
/** A body that says it is no longer is read in one piece. */
const wholeBytesMax = 256 * 1024;

interface SessionClaims extends LinkClaims {
  tid: string;
  mbx: string;
  app: string;
  gen: number;
}

/** Signs and checks the token of an import address; `expireAll` makes every session given out so far worthless. */
export class ImportSessions {
  #generation = 1;
  readonly #tokens: LinkTokens<SessionClaims>;
  constructor(private readonly world: World) {
    this.#tokens = new LinkTokens(`import sessions ${world.seed}`);
  }
  expireAll(): void {
    this.#generation += 1;
  }
  make(claims: Omit<SessionClaims, 'exp' | 'gen'>): { token: string; expiresAt: string } {
    const exp = this.world.clock.now() + sessionMs;
    return { token: this.#tokens.make({ ...claims, exp: Math.floor(exp / 1000), gen: this.#generation }), expiresAt: new Date(exp).toISOString() };
  }
  /** The claims of a token that is ours, whether it has expired or not. */
  read(token: string): { claims: SessionClaims; valid: boolean } | null {
    const claims = this.#tokens.read(token);
    return claims === null ? null : { claims, valid: claims.exp * 1000 > this.world.clock.now() && claims.gen === this.#generation };
  }
}

export function createSessionRoute(sessions: ImportSessions): Route {
  return {
    method: 'POST',
    path: '/admin/exchange/mailboxes/{mbx}/createImportSession',
    roles: ['MailboxItem.ImportExport.All'],
    service: 'outlook',
    mailbox: budgetOf,
    handle: (req) => {
      const mailbox = mailboxOf(req);
      const { token, expiresAt } = sessions.make({ tid: req.tenant.id, mbx: mailbox.guid, app: req.app.clientId });
      const version = req.version === 'beta' ? 'gbeta' : 'gv1.0';
      return { status: 200, json: { '@odata.context': contextUrl(req, 'microsoft.graph.mailboxItemImportSession'), importUrl: `https://outlook.office365.com/api/${version}/Mailboxes('${mailbox.mailboxId}')/importItem?authtoken=${token}`, expirationDateTime: expiresAt } };
    },
  };
}

const importFault = (status: number, message: string, code?: string): GraphFault => new GraphFault(status, code ?? 'ErrorInvalidRequest', message, code === undefined ? { body: { Message: message } } : {});

/** What is kept of imported attachments. */
export interface ImportOptions {
  /** Bytes up to which an attachment is kept in full; of larger ones size and hash stay, unless they follow from a seed. */
  keepBytesMax: number;
}

export function importHostRoute(world: World, sessions: ImportSessions, options: ImportOptions): HostRoute {
  const owner = (req: Pick<HostRequest, 'query'>): { tenantId: string; clientId: string; mailbox: string | null } | null => {
    const session = sessions.read(req.query.get('authtoken') ?? '');
    if (session === null) return null;
    const mailbox = world.tenants.get(session.claims.tid)?.exchange.byGuid(session.claims.mbx);
    return { tenantId: session.claims.tid, clientId: session.claims.app, mailbox: mailbox?.budgetId ?? null };
  };
  return {
    host: 'outlook.office365.com',
    method: 'POST',
    path: '/api/{version}/Mailboxes/{mbx}/importItem',
    owner,
    write: true,
    handle: (req) => handleImport(world, sessions, options, req),
  };
}

async function handleImport(world: World, sessions: ImportSessions, options: ImportOptions, req: HostRequest): Promise<GraphReply> {
  const session = sessions.read(req.query.get('authtoken') ?? '');
  if (session?.valid !== true) throw importFault(401, 'The import session has expired or is not valid.');
  const tenant = world.tenants.get(session.claims.tid);
  const mailbox = tenant?.exchange.byGuid(session.claims.mbx);
  if (mailbox?.enabled !== true) throw new GraphFault(404, 'MailboxNotEnabledForRESTAPI', 'The mailbox is either inactive, soft-deleted, or is hosted on-premise.');
  const addressed = /MBX:[0-9a-f-]{36}@[0-9a-f-]{36}/i.exec(decodeURIComponent(req.url.pathname))?.[0];
  if (addressed?.toLowerCase() !== mailbox.mailboxId.toLowerCase()) throw importFault(409, `Invalid import session. The target session is expected in mailbox ${mailbox.mailboxId}.`);

  if (!/^application\/json\b/i.test(String(req.headers['content-type'] ?? ''))) throw importFault(415, 'The content type must be application/json.');

  const decoder = new ItemDecoder(options.keepBytesMax);
  let foreign: ForeignStream | null = null;
  let body: Awaited<ReturnType<typeof readImportBody>>;
  try {
    const length = Number(req.headers['content-length'] ?? Infinity);
    body = await readImportBody(length <= wholeBytesMax ? [await req.body(wholeBytesMax)] : req.stream, (piece) => {
      if (foreign !== null) return;
      try {
        decoder.write(piece);
      } catch (error) {
        if (!(error instanceof ForeignStream)) throw error;
        foreign = error;
      }
    });
  } catch (error) {
    if (error instanceof BadImportBody) throw importFault(400, error.message);
    throw error;
  }
  const { fields, sawData } = body;
  if (!sawData) throw importFault(400, 'Data is required.');
  let decoded: DecodedItem;
  try {
    if (foreign !== null) throw foreign as ForeignStream;
    decoded = decoder.end();
  } catch (error) {
    if (error instanceof ForeignStream) throw importFault(400, 'The data stream is not a valid fast transfer stream.', 'ErrorInvalidExportedItem');
    throw error;
  }
  return write(mailbox, fields, decoded, req);
}

function write(mailbox: Mailbox, fields: Record<string, unknown>, { content, refusal, again }: DecodedItem, req: HostRequest): GraphReply {
  const { FolderId, Mode, ItemId, ChangeKey, Data: _data, ...unknown } = fields;
  const [extra] = Object.keys(unknown);
  if (extra !== undefined) throw importFault(400, `Unknown property ${extra}.`);
  const folder = typeof FolderId === 'string' ? folderByAdminId(mailbox, FolderId) : undefined;
  if (folder === undefined) throw new GraphFault(404, 'ErrorFolderNotFound', 'The specified folder could not be found in the store.');
  if (refusal?.at === 'import') throw new GraphFault(400, refusal.code, 'The message exceeds the maximum supported size.');
  if (sizeOf(content) > mailbox.messageBytesMax) throw new GraphFault(400, 'ErrorMessageSizeExceeded', 'The message exceeds the maximum supported size.');
  try {
    if (Mode === 'create') {
      if (ItemId !== undefined || ChangeKey !== undefined) throw importFault(400, 'ItemId and ChangeKey must not be given in create mode.');
      return answer(mailbox, mailbox.addItem(folder, content, { again }), req);
    }
    if (Mode !== 'update') throw importFault(400, 'Mode is create or update.');
    const item = typeof ItemId === 'string' ? itemByAdminId(mailbox, ItemId) : undefined;
    if (item === undefined || item.folderKey !== folder.key) throw new GraphFault(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
    if (item.changeKey !== ChangeKey) throw new GraphFault(412, 'ErrorIrresolvableConflict', 'The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.');
    return answer(mailbox, mailbox.updateItem(item.key, content), req);
  } catch (error) {
    if (error instanceof QuotaExceeded) throw new GraphFault(507, 'ErrorQuotaExceeded', 'The operation failed because the mailbox is over its quota.');
    throw error;
  }
}

const answer = (mailbox: Mailbox, item: Pick<Item, 'key' | 'moves' | 'changeKey'>, req: HostRequest): GraphReply => ({
  status: 200,
  json: { '@odata.context': `https://graph.microsoft.com/${req.params['version'] === 'gbeta' ? 'beta' : 'v1.0'}/$metadata#microsoft.graph.importMailboxItemResponse`, itemId: itemId(mailbox, item.key, item.moves), changeKey: item.changeKey },
});
