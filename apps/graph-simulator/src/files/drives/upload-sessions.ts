/** Upload sessions: fragments in order, at an address that carries its own permission (graph/files.md 4.2). */
import { GraphFault, type GraphReply, type GraphRequest, type HostRequest, type HostRoute } from '../../http/route.js';
import { LinkTokens, type LinkClaims } from '../../http/link-token.js';
import type { World } from '../../world/world.js';
import { libraryId, siteUrl } from '../file-store.js';
import { ContentSink } from '../content/content-sink.js';
import type { ConflictBehavior, FileSystemInfo, Placed } from './drive.js';
import { appOf, orFault } from './drive-access.js';
import { sharepointHosts, sitePrefixes } from './download.js';
import type { Actor, Item } from './item.js';
import { itemView, type Shown } from './item-view.js';
import { promote } from './promotion.js';

/** Sliding life of a session, and the end that the token inside its address has whatever happens; simulated milliseconds. */
const slideMs = 15 * 60_000;
const lifeMs = 24 * 60 * 60_000;
const fragmentUnit = 327_680;
const fragmentBytesMax = 60 * 1024 * 1024;
export const fileBytesMax = 250 * 1024 ** 3;

interface Session {
  readonly id: string;
  readonly shown: Shown;
  readonly clientId: string;
  readonly by: Actor;
  /** Where it goes: over an item, or under a name in a folder. */
  readonly place: { item: Item } | { parent: Item; name: string };
  readonly conflict: ConflictBehavior;
  readonly dates: FileSystemInfo;
  readonly deferCommit: boolean;
  readonly sink: ContentSink;
  readonly endsMs: number;
  /** Counts of the drive's forced ends when it was opened. */
  readonly generation: number;
  expiresMs: number;
  total: number | null;
  busy: boolean;
}

interface SessionClaims extends LinkClaims {
  id: string;
  tid: string;
  app: string;
}

export interface UploadOptions {
  /** Bytes up to which a written file is kept in full; of larger ones size and hashes stay. */
  keepBytesMax: number;
}

export class FileUploadSessions {
  readonly options: UploadOptions = { keepBytesMax: 4 * 1024 * 1024 };
  readonly #open = new Map<string, Session>();
  readonly #tokens: LinkTokens<SessionClaims>;
  #generation = 1;

  constructor(private readonly world: World) {
    this.#tokens = new LinkTokens(`file uploads ${world.seed}`);
  }

  /** Ends every open session; their addresses answer 404. Returns how many there were. */
  expireAll(): number {
    const { size } = this.#open;
    this.#generation += 1;
    this.#open.clear();
    return size;
  }

  /** Opens a session and answers what Graph answers. */
  open(req: GraphRequest, shown: Shown, place: Session['place'], { conflict, dates, deferCommit }: Pick<Session, 'conflict' | 'dates' | 'deferCommit'>): Record<string, unknown> {
    const now = this.world.clock.now();
    const id = this.world.ids.guid();
    const session: Session = { id, shown, clientId: req.app.clientId, by: appOf(req), place, conflict, dates, deferCommit, sink: new ContentSink(this.options.keepBytesMax), endsMs: now + lifeMs, generation: this.#generation, expiresMs: now + slideMs, total: null, busy: false };
    this.#open.set(id, session);
    const folder = 'item' in place ? place.item : place.parent;
    const token = this.#tokens.make({ exp: Math.floor(session.endsMs / 1000), id, tid: shown.tenant.id, app: req.app.clientId });
    const uploadUrl = `${siteUrl(shown.library.site)}/_api/v2.0/drives/${libraryId(shown.library)}/items/${shown.drive.ids.id(folder.key)}/uploadSession?guid='${id}'&overwrite=${session.conflict === 'replace' ? 'True' : 'False'}&rename=${session.conflict === 'rename' ? 'True' : 'False'}&dc=${deferCommit ? '1' : '0'}&tempauth=${token}`;
    return { ...this.#status(session), uploadUrl };
  }

  routes(): HostRoute[] {
    const owner: HostRoute['owner'] = (req) => {
      const claims = this.#tokens.read(req.query.get('tempauth') ?? '');
      return claims === null ? null : { tenantId: claims.tid, clientId: claims.app, mailbox: null };
    };
    const make = (method: HostRoute['method'], prefix: string, handle: HostRoute['handle'], write = false): HostRoute => ({ host: sharepointHosts, method, path: `${prefix}/_api/v2.0/drives/{drive}/items/{item}/uploadSession`, owner, write, handle });
    return sitePrefixes.flatMap((prefix) => [
      make('GET', prefix, (req) => ({ status: 200, json: this.#status(this.#session(req)) })),
      make('DELETE', prefix, (req) => {
        this.#open.delete(this.#session(req).id);
        return { status: 204 };
      }),
      make('PUT', prefix, (req) => this.#fragment(req), true),
      make('POST', prefix, (req) => this.#commit(this.#session(req)), true),
    ]);
  }

  #status(session: Session): Record<string, unknown> {
    const { size } = session.sink;
    return { expirationDateTime: new Date(session.expiresMs).toISOString(), nextExpectedRanges: session.total !== null && size === session.total ? [] : [`${size}-`] };
  }

  /** Throws 401 for a token that has ended, 404 for a session that is over. */
  #session(req: HostRequest): Session {
    const claims = this.#tokens.read(req.query.get('tempauth') ?? '');
    const now = this.world.clock.now();
    if (claims === null || claims.exp * 1000 <= now) throw new GraphFault(401, 'unauthenticated', 'The token of the upload session has expired.', { innerCode: 'expiredToken' });
    const session = this.#open.get(claims.id);
    if (session === undefined || session.expiresMs <= now || session.generation !== this.#generation) {
      this.#open.delete(claims.id);
      throw new GraphFault(404, 'itemNotFound', 'The upload session was not found.', { innerCode: 'uploadSessionNotFound' });
    }
    return session;
  }

  async #fragment(req: HostRequest): Promise<GraphReply> {
    const session = this.#session(req);
    const { from, to, total } = rangeOf(req, session);
    if (session.busy) throw new GraphFault(409, 'uploadSessionIncomplete', 'Another fragment of this session is being taken.');
    session.busy = true;
    const back = session.sink.mark();
    const length = to - from + 1;
    let taken = 0;
    try {
      await req.each((piece) => {
        taken += piece.length;
        if (taken > length) throw new GraphFault(400, 'invalidRequest', 'The fragment is longer than its range.', { innerCode: 'fragmentLengthMismatch' });
        session.sink.write(piece);
      });
      if (taken !== length) throw new GraphFault(400, 'invalidRequest', 'The fragment is shorter than its range.', { innerCode: 'fragmentLengthMismatch' });
    } catch (error) {
      // A fragment counts whole or not at all.
      back();
      throw error;
    } finally {
      session.busy = false;
    }
    session.total = total;
    session.expiresMs = Math.min(session.endsMs, this.world.clock.now() + slideMs);
    if (session.sink.size < total || session.deferCommit) return { status: 202, json: this.#status(session) };
    return this.#commit(session);
  }

  #commit(session: Session): GraphReply {
    const { shown, place, sink, by, dates, conflict } = session;
    if (session.total === null || sink.size !== session.total) throw new GraphFault(400, 'invalidRequest', 'The upload is not complete.', { innerCode: 'uploadSessionIncomplete' });
    const name = 'item' in place ? place.item.name : place.name;
    promote(shown.drive, name, sink);
    const content = sink.end();
    this.#open.delete(session.id);
    const { item, created } = orFault((): Placed => {
      if (!('item' in place)) return shown.drive.addFile(place.parent, place.name, content, conflict, by, dates);
      if (shown.drive.item(place.item.key) === undefined) throw new GraphFault(404, 'itemNotFound', 'The resource could not be found.');
      return { item: shown.drive.replaceContent(place.item, content, by, dates), created: false };
    });
    return { status: created ? 201 : 200, json: itemView(shown, item, { select: null }) };
  }
}

/** Reads and checks `Content-Range` against what has come so far. */
function rangeOf(req: HostRequest, { sink, total: known }: Session): { from: number; to: number; total: number } {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(String(req.headers['content-range'] ?? ''));
  const invalid = (message: string, innerCode?: string): GraphFault => new GraphFault(400, 'invalidRequest', message, innerCode === undefined ? {} : { innerCode });
  if (match === null) throw invalid('The Content-Range header is missing or malformed.');
  const [from, to, total] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (to < from || to >= total) throw invalid('The Content-Range header is not a range.');
  if (total > fileBytesMax) throw new GraphFault(507, 'quotaLimitReached', 'The file is larger than the service takes.', { innerCode: 'maxFileSizeExceeded' });
  if (known !== null && known !== total) throw invalid('The total size differs from that of earlier fragments.');
  const length = to - from + 1;
  if (Number(req.headers['content-length'] ?? length) !== length) throw invalid('The Content-Length differs from the range.', 'fragmentLengthMismatch');
  if (length >= fragmentBytesMax) throw new GraphFault(413, 'invalidRequest', 'The fragment is too large.');
  // Where a fragment may begin counts before how long it is: a repeated one is told so.
  if (from < sink.size) throw new GraphFault(416, 'invalidRange', 'The fragment overlaps with data that has been received.', { innerCode: 'fragmentOverlap' });
  if (from > sink.size) throw new GraphFault(416, 'invalidRange', 'The fragment does not follow the data that has been received.', { innerCode: 'fragmentOutOfOrder' });
  if (length % fragmentUnit !== 0 && to !== total - 1) throw invalid('The length of a fragment is no multiple of 320 KiB.');
  return { from, to, total };
}
