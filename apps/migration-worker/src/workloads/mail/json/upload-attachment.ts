/** Sends a large attachment in slices, strictly in order. https://learn.microsoft.com/graph/api/attachment-createuploadsession */
import { GraphRequestError } from '@migrator/graph-client';
import { isObject, text } from '../mapi.js';
import { cleanText } from './clean.js';
import type { ItemPlace } from './attachments.js';

/** Below the 4 MB that Outlook takes per request, and a multiple of 320 KiB. */
const sliceBytes = 12 * 320 * 1024;

export interface LargeAttachment {
  readonly name: string;
  readonly contentType: string | null;
  readonly size: number;
  readonly isInline: boolean;
  readonly contentId: string | null;
}

/** Uploads the content as it comes; holds one slice. Returns the bytes sent. Throws GraphRequestError. */
export async function uploadAttachment(to: ItemPlace, attachment: LargeAttachment, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
  const { mailbox } = to;
  const item = {
    attachmentType: 'file',
    name: attachment.name === '' ? 'attachment' : cleanText(attachment.name),
    size: attachment.size,
    isInline: attachment.isInline,
    ...(attachment.contentType === null ? {} : { contentType: attachment.contentType }),
    ...(attachment.contentId === null ? {} : { contentId: attachment.contentId }),
  };
  const session = await mailbox.port.post<Record<string, unknown>>(mailbox.user(`${to.path}/attachments/createUploadSession`), { AttachmentItem: item }, mailbox.options(signal, { repeatable: true }));
  const upload = new Upload(to, text(session['uploadUrl']) ?? '', attachment.size, signal);
  for await (const slice of slices(content)) await upload.send(slice);
  return upload.sent;
}

class Upload {
  sent = 0;

  constructor(
    private readonly to: ItemPlace,
    private readonly url: string,
    private readonly total: number,
    private readonly signal: AbortSignal,
  ) {}

  async send(slice: Uint8Array): Promise<void> {
    try {
      await this.put(slice);
    } catch (error) {
      if (!(error instanceof GraphRequestError) || error.kind !== 'in_doubt') throw error;
      // The answer was lost: the session knows whether the slice has arrived.
      const expected = await this.expected();
      if (expected === this.sent) await this.put(slice);
      else if (expected !== this.sent + slice.length) throw error;
    }
    this.sent += slice.length;
  }

  private async put(slice: Uint8Array): Promise<void> {
    const range = `bytes ${this.sent}-${this.sent + slice.length - 1}/${this.total}`;
    const options = this.to.mailbox.options(this.signal, { headers: { 'Content-Range': range } });
    const response = await this.to.mailbox.port.preauthorised('PUT', this.url, { ...options, body: slice, contentType: 'application/octet-stream', contentLength: slice.length });
    await response.discard();
  }

  /** Offset the session waits for. */
  private async expected(): Promise<number | null> {
    const response = await this.to.mailbox.port.preauthorised('GET', this.url, this.to.mailbox.options(this.signal));
    const state = await response.json<unknown>();
    const ranges = isObject(state) ? (state['nextExpectedRanges'] ?? state['NextExpectedRanges']) : null;
    const first: unknown = Array.isArray(ranges) ? ranges[0] : null;
    return typeof first === 'string' ? Number.parseInt(first, 10) : null;
  }
}

/** The same bytes in pieces of `sliceBytes`, the last one shorter. */
export async function* slices(content: AsyncIterable<Uint8Array>, bytes: number = sliceBytes): AsyncGenerator<Uint8Array> {
  let slice = Buffer.allocUnsafe(bytes);
  let filled = 0;
  for await (const piece of content) {
    for (let at = 0; at < piece.length; ) {
      const taken = Math.min(piece.length - at, bytes - filled);
      slice.set(piece.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < bytes) continue;
      yield slice;
      // A slice may still be on its way when the next one fills.
      slice = Buffer.allocUnsafe(bytes);
      filled = 0;
    }
  }
  if (filled > 0) yield slice.subarray(0, filled);
}
