/**
 * Writes a file in fragments, in order, into an upload session. The session knows what has arrived: after a lost answer it is asked,
 * and at most one fragment goes twice. https://learn.microsoft.com/graph/api/driveitem-createuploadsession
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { Drive } from './drive.js';
import { parseDriveItem, textOf, type Dates, type DriveItem, type Raw } from './drive-item.js';
import { endInDoubt } from './errors.js';

/** A multiple of the 320 KiB that Microsoft asks for, below its 60 MiB. */
export const fragmentBytes = 32 * 320 * 1024;
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
  read(offset: number, length: number): Promise<Buffer>;
  /** Called once everything was read, before the last fragment is sent. */
  beforeLast(): Promise<void>;
}

/** Returns the file as the destination then shows it. Throws GraphRequestError of the destination, and what `content` throws. */
export async function upload(dest: Drive, place: UploadPlace, content: UploadContent, signal: AbortSignal): Promise<DriveItem> {
  for (let attempt = 1; ; attempt++) {
    const url = await openSession(dest, place, signal);
    const session = new Session(dest, url, content, signal);
    try {
      return await session.send();
    } catch (error) {
      const over = error instanceof SessionOver;
      if (!over) await session.abandon();
      if (!over || attempt >= sessionsMax) throw over ? error.cause : error;
    }
  }
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
  constructor(
    private readonly dest: Drive,
    private readonly url: string,
    private readonly content: UploadContent,
    private readonly signal: AbortSignal,
  ) {}

  async send(): Promise<DriveItem> {
    const { size } = this.content;
    let next = this.fragment(0);
    try {
      for (let offset = 0; ; ) {
        const bytes = await next;
        const end = offset + bytes.length;
        if (end === size) await this.content.beforeLast();
        // Read while this one is under way; looked at when its turn comes.
        else next = this.fragment(end);
        next.catch(() => undefined);
        const answer = await this.put(offset, bytes);
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

  /** Whatever came of it, its bytes are not to be kept. */
  async abandon(): Promise<void> {
    try {
      await (await this.dest.port.preauthorised('DELETE', this.url, this.dest.options(this.signal, { units: 0, repeatable: true }))).discard();
    } catch {
      // It ends by itself in a quarter of an hour.
    }
  }

  private fragment(offset: number): Promise<Buffer> {
    return this.content.read(offset, Math.min(fragmentBytes, this.content.size - offset));
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
      if (isOver(error)) throw new SessionOver('the session is over', { cause: error });
      if (error.kind !== 'in_doubt' && error.status !== 416) throw error;
      return { file: null, expected: await this.ask(last, error) };
    }
  }

  /** Where the session stands after an answer that was lost. Throws what leaves the file in doubt when it is over and may be complete. */
  private async ask(last: boolean, lost: GraphRequestError): Promise<number> {
    try {
      const response = await this.dest.port.preauthorised('GET', this.url, this.dest.options(this.signal, { units: 0 }));
      const expected = expectedOf(await response.json<Raw>());
      if (expected !== null) return expected;
      throw endInDoubt(lost);
    } catch (error) {
      if (!(error instanceof GraphRequestError) || !isOver(error)) throw error;
      if (last) throw endInDoubt(lost);
      throw new SessionOver('the session is over', { cause: error });
    }
  }
}

/** Ended, cancelled, complete, or its address does not hold any more. */
const isOver = ({ kind }: GraphRequestError): boolean => kind === 'not_found' || kind === 'unauthorised';

function expectedOf(answer: Raw): number | null {
  const ranges: unknown = answer['nextExpectedRanges'];
  const first: unknown = Array.isArray(ranges) ? ranges[0] : null;
  return typeof first === 'string' ? Number.parseInt(first, 10) : null;
}
