import { createHash } from 'node:crypto';
import { GraphFault, type GraphReply, type HostRequest, type HostRoute } from '../../../http/route.js';
import type { World } from '../../../world/world.js';
import { heldContent } from '../../store/content.js';
import type { Mailbox } from '../../store/mailbox.js';
import { makeId } from '../../store/outlook-id.js';
import { checkSize } from '../core/planted-refusals.js';
import type { AttachmentPlace } from './attachment-place.js';

/** Life of an upload session, in simulated milliseconds. */
const sessionMs = 60 * 60_000;
const sliceBytesMax = 4 * 1024 * 1024;

export interface UploadRequest {
  readonly name: string;
  readonly size: number;
  readonly contentType: string;
  readonly isInline: boolean;
  readonly contentId: string | null;
}

interface Session {
  readonly id: string;
  readonly token: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly mailbox: Mailbox;
  readonly place: AttachmentPlace;
  readonly request: UploadRequest;
  readonly url: string;
  readonly expiresMs: number;
  /** The mailbox's count when the session was opened: it grows when sessions are to end early. */
  readonly generation: number;
  readonly slices: Buffer[];
  received: number;
}

/** The upload sessions of one world. */
export class UploadSessions {
  readonly #open = new Map<string, Session>();
  #count = 0;

  constructor(private readonly world: World) {}

  /** Opens a session and answers what Graph answers: address, expiry and the first range. */
  open(owner: { tenantId: string; clientId: string; mailbox: Mailbox; itemId: string; collection: 'Messages' | 'Events' }, place: AttachmentPlace, request: UploadRequest): Record<string, unknown> {
    this.#count += 1;
    const id = makeId('other', owner.mailbox.guid, this.#count, 1);
    const token = createHash('sha256').update(`upload ${this.world.seed} ${id}`).digest('base64url');
    const base = `https://outlook.office.com/api/gv1.0/users('${owner.mailbox.userId}@${owner.tenantId}')/${owner.collection}('${owner.itemId}')`;
    const session: Session = { ...owner, id, token, place, request, url: base, expiresMs: this.world.clock.now() + sessionMs, generation: owner.mailbox.uploadGeneration, slices: [], received: 0 };
    this.#open.set(id, session);
    return { uploadUrl: `${base}/AttachmentSessions('${id}')?authtoken=${token}`, expirationDateTime: new Date(session.expiresMs).toISOString(), nextExpectedRanges: ['0-'] };
  }

  /** The session a link names, expired or not; null when the link is not ours. */
  peek(req: Pick<HostRequest, 'params' | 'query'>): Session | null {
    const session = this.#open.get(req.params['session'] ?? '');
    return session?.token === req.query.get('authtoken') ? session : null;
  }

  find(req: HostRequest): Session {
    const session = this.#open.get(req.params['session'] ?? '');
    if (session === undefined) throw new GraphFault(404, 'ErrorItemNotFound', 'The upload session was not found.');
    if (session.token !== req.query.get('authtoken') || session.expiresMs <= this.world.clock.now() || session.generation !== session.mailbox.uploadGeneration) throw new GraphFault(401, 'InvalidAuthenticationToken', 'The upload session has expired or its token is not valid.');
    return session;
  }

  close(session: Session): void {
    this.#open.delete(session.id);
  }
}

const sessionsOf = new WeakMap<World, UploadSessions>();

/** The one set of upload sessions of a world. */
export function uploadSessions(world: World): UploadSessions {
  let sessions = sessionsOf.get(world);
  if (sessions === undefined) sessionsOf.set(world, (sessions = new UploadSessions(world)));
  return sessions;
}

/** Graph names the next offset bare, without a dash. */
const progress = (session: Session): Record<string, unknown> => ({ ExpirationDateTime: new Date(session.expiresMs).toISOString(), nextExpectedRanges: [String(session.received)] });

const badRange = (message: string): GraphFault => new GraphFault(416, 'ErrorInvalidContentRange', message);

async function put(sessions: UploadSessions, req: HostRequest): Promise<GraphReply> {
  const session = sessions.find(req);
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(String(req.headers['content-range'] ?? ''));
  if (range === null) throw new GraphFault(400, 'ErrorInvalidContentRange', 'The header Content-Range is missing or malformed.');
  const [start, end, total] = range.slice(1).map(Number) as [number, number, number];
  const slice = await req.body(sliceBytesMax);
  if (total !== session.request.size) throw badRange(`The total size ${String(total)} is not the size the session was opened for.`);
  if (start !== session.received) throw badRange(`The next expected byte is ${String(session.received)}.`);
  if (end >= total || slice.length !== end - start + 1) throw badRange('The range does not fit the content.');
  session.slices.push(slice);
  session.received += slice.length;
  if (session.received < total) return { status: 200, json: progress(session) };
  sessions.close(session);
  const { mailbox, place, request } = session;
  const key = mailbox.nextPartKey();
  const found = place.find();
  if (found === null) throw new GraphFault(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
  const attachment = { kind: 'file' as const, key, name: request.name, contentType: request.contentType, isInline: request.isInline, contentId: request.contentId, modifiedAt: mailbox.now(), content: heldContent(Buffer.concat(session.slices)) };
  const content = found.withAttachments([...found.attachments, attachment]);
  checkSize(mailbox, content);
  mailbox.updateItem(found.item.key, content);
  return { status: 201, headers: { Location: `${session.url}/Attachments('${makeId('attachment', mailbox.guid, key, found.item.key % 2 ** 32)}')` } };
}

/** The session's address on outlook.office.com: it takes slices strictly in order and no bearer token. */
export function uploadHostRoutes(world: World): HostRoute[] {
  const sessions = uploadSessions(world);
  const owner: HostRoute['owner'] = (req) => {
    const session = sessions.peek(req);
    return session === null ? null : { tenantId: session.tenantId, clientId: session.clientId, mailbox: session.mailbox.userId };
  };
  const host = 'outlook.office.com';
  return ['messages', 'events'].flatMap((collection): HostRoute[] => {
    const path = `/api/{version}/users/{user}/${collection}/{item}/AttachmentSessions/{session}`;
    return [
      { host, owner, path, method: 'PUT', write: true, handle: (req) => put(sessions, req) },
      { host, owner, path, method: 'GET', handle: (req) => ({ status: 200, json: progress(sessions.find(req)) }) },
      { host, owner, path, method: 'DELETE', write: true, handle: (req) => { sessions.close(sessions.find(req)); return { status: 204 }; } },
    ];
  });
}
