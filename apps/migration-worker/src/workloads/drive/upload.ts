/**
 * Writes a file in fragments, in order, into an upload session. The session knows what has arrived: after a lost answer it is asked,
 * and at most one fragment goes twice. https://learn.microsoft.com/graph/api/driveitem-createuploadsession
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { Drive } from './drive.js';
import { parseDriveItem, textOf, type Dates, type DriveItem, type Raw } from './drive-item.js';
import type { Resume } from '../workload.js';
import { endInDoubt } from './errors.js';
import { FragmentBuffers } from './fragment-buffers.js';

/** A multiple of the 320 KiB that Microsoft asks for, below its 60 MiB. */
export const fragmentBytes = 32 * 320 * 1024;
const buffers = new FragmentBuffers(fragmentBytes);
/** How often a session that ended before its time is replaced: it lives for 24 hours at most, whatever happens. */
const sessionsMax = 3;

export interface UploadPlace {
  /** Path that `createUploadSession` is asked of. */
  readonly path: string;
  /** `fail`: nothing of that name may be there. `replace`: a new version of this very file. */
  readonly conflict: 'fail' | 'replace';
  readonly dates: Dates | null;
  /** Only this version is replaced. */
  readonly eTag?: string;
}

export interface UploadContent {
  readonly size: number;
  /** Changes when the content does. */
  readonly version: string;
  /** Fills `into` with what is there from `offset` on. */
  read(offset: number, into: Buffer): Promise<void>;
  /** Called once everything was read, before the last fragment is sent. */
  beforeLast(): Promise<void>;
}

/**
 * Returns the file as the destination then shows it. Throws GraphRequestError of the destination, and what `content` throws. `resume`:
 * the session is noted there, so that whoever comes after a crash goes on with it.
 */
export async function upload(dest: Drive, place: UploadPlace, content: UploadContent, signal: AbortSignal, resume?: Resume): Promise<DriveItem> {
  const kept = content.size > fragmentBytes ? resume : undefined;
  let begun = await beforeUs(dest, place, content, signal, kept?.note ?? null);
  for (let attempt = 1; ; attempt++) {
    const { session, offset } = begun ?? { session: new Session(dest, await openSession(dest, place, signal), content, signal), offset: 0 };
    if (begun === null) await kept?.keep(JSON.stringify({ url: session.url, path: place.path, version: content.version } satisfies Note));
    begun = null;
    try {
      const file = await session.send(offset);
      await kept?.keep(null);
      return file;
    } catch (error) {
      const over = error instanceof SessionOver;
      // A unit that is told to stop goes on with it later.
      if (!over && signal.aborted) throw error;
      if (!over) await session.abandon();
      if (!over) await kept?.keep(null);
      if (!over || attempt >= sessionsMax) throw over ? error.cause : error;
    }
  }
}

/** A session that was begun and not ended. The address carries its own permission. */
interface Note {
  readonly url: string;
  readonly path: string;
  readonly version: string;
}

/** The session of an attempt before, where it stands; null when there is none, or when it is over or was for something else. */
async function beforeUs(dest: Drive, { path }: UploadPlace, content: UploadContent, signal: AbortSignal, text: string | null): Promise<{ session: Session; offset: number } | null> {
  const note = text === null ? null : (JSON.parse(text) as Note);
  if (note === null) return null;
  const session = new Session(dest, note.url, content, signal);
  if (note.path !== path || note.version !== content.version) {
    await session.abandon();
    return null;
  }
  const offset = await session.stands();
  return offset === null || offset >= content.size ? null : { session, offset };
}

async function openSession(dest: Drive, { path, conflict, dates, eTag }: UploadPlace, signal: AbortSignal): Promise<string> {
  const body = { item: { '@microsoft.graph.conflictBehavior': conflict, ...(dates === null ? {} : { fileSystemInfo: dates }) } };
  // A session that nobody knows of holds nothing and ends by itself.
  const session = await dest.port.post<Raw>(`${path}/createUploadSession`, body, dest.options(signal, { repeatable: true, units: 2, ...(eTag === undefined ? {} : { headers: { 'If-Match': eTag } }) }));
  return textOf(session['uploadUrl']) ?? '';
}

/** The session was over before the file was whole: nothing was written. */
class SessionOver extends Error {
  override readonly name = 'SessionOver';
}

class Session {
  /** The last fragment was sent, and its answer was lost: it may arrive yet, whatever the session has said of itself since. */
  #lastLost: GraphRequestError | null = null;

  constructor(
    private readonly dest: Drive,
    readonly url: string,
    private readonly content: UploadContent,
    private readonly signal: AbortSignal,
  ) {}

  /** From a fragment's beginning on. */
  async send(from: number): Promise<DriveItem> {
    const { size } = this.content;
    let next = this.fragment(from);
    try {
      for (let offset = from; ; ) {
        const bytes = await next;
        const end = offset + bytes.length;
        if (end === size) await this.content.beforeLast();
        // Read while this one is under way; looked at when its turn comes.
        else next = this.fragment(end);
        next.catch(() => undefined);
        const answer = await this.put(offset, bytes);
        // All of it has arrived; otherwise it may still be under way.
        if (answer.file !== null || answer.expected === end) buffers.give(bytes);
        if (answer.file !== null) return answer.file;
        if (answer.expected !== end) next = this.fragment(answer.expected);
        offset = answer.expected;
        // Everything has arrived and nothing came of it, as far as we know.
        if (offset >= size) throw endInDoubt();
      }
    } finally {
      await next.catch(() => undefined);
    }
  }

  /** What it waits for; null when it is over. */
  async stands(): Promise<number | null> {
    try {
      const response = await this.dest.port.preauthorised('GET', this.url, this.dest.options(this.signal, { units: 0 }));
      return expectedOf(await response.json<Raw>());
    } catch (error) {
      if (error instanceof GraphRequestError && isOver(error)) return null;
      throw error;
    }
  }

  /** Whatever came of it, its bytes are not to be kept. */
  async abandon(): Promise<void> {
    try {
      await (await this.dest.port.preauthorised('DELETE', this.url, this.dest.options(this.signal, { units: 0, repeatable: true }))).discard();
    } catch {
      // It ends by itself in a quarter of an hour.
    }
  }

  private async fragment(offset: number): Promise<Buffer> {
    const bytes = buffers.take(Math.min(fragmentBytes, this.content.size - offset));
    await this.content.read(offset, bytes);
    return bytes;
  }

  private async put(offset: number, bytes: Buffer): Promise<{ file: DriveItem | null; expected: number }> {
    const { size } = this.content;
    const last = offset + bytes.length === size;
    try {
      const headers = { 'Content-Range': `bytes ${offset}-${offset + bytes.length - 1}/${size}` };
      const response = await this.dest.port.preauthorised('PUT', this.url, this.dest.options(this.signal, { body: bytes, contentType: 'application/octet-stream', contentLength: bytes.length, headers, units: 0 }));
      const answer = await response.json<Raw>();
      if (typeof answer['id'] === 'string') return { file: parseDriveItem(answer), expected: size };
      return { file: null, expected: expectedOf(answer) ?? offset + bytes.length };
    } catch (error) {
      if (!(error instanceof GraphRequestError)) throw error;
      if (isOver(error) && this.#lastLost !== null) throw endInDoubt(this.#lastLost);
      if (isOver(error)) throw new SessionOver('the session is over', { cause: error });
      if (error.kind !== 'in_doubt' && error.status !== 416) throw error;
      return { file: null, expected: await this.ask(last, error) };
    }
  }

  /** Where the session stands after an answer that was lost. Throws what leaves the file in doubt when it is over and may be complete. */
  private async ask(last: boolean, lost: GraphRequestError): Promise<number> {
    if (last) this.#lastLost = lost;
    const expected = await this.stands();
    if (expected !== null) return expected;
    if (last) throw endInDoubt(lost);
    throw new SessionOver('the session is over', { cause: lost });
  }
}

/** Ended, cancelled, complete, or its address does not hold any more. */
const isOver = ({ kind }: GraphRequestError): boolean => kind === 'not_found' || kind === 'unauthorised';

function expectedOf(answer: Raw): number | null {
  const ranges: unknown = answer['nextExpectedRanges'];
  const first: unknown = Array.isArray(ranges) ? ranges[0] : null;
  return typeof first === 'string' ? Number.parseInt(first, 10) : null;
}
