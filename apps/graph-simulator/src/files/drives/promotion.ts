/** SharePoint writes properties into Office files, PDFs and pages as they arrive (graph/files.md 5.3): what is stored is not what was sent. */
import { HeldContent, type ContentSink, type FileContent } from '../content/file-content.js';
import type { Drive } from './drive.js';
import { endingOf } from './mime-type.js';

const enriched = new Set(['docx', 'xlsx', 'pptx', 'pdf', 'html', 'aspx']);
const properties = Buffer.from('\n<!-- properties written by the library -->\n');

/** Adds what the library adds to a file of this name; call it once all bytes are there. */
export function promote(drive: Drive, name: string, sink: ContentSink): void {
  if (drive.promotes && sink.size > 0 && enriched.has(endingOf(name))) sink.write(properties);
}

/** What was sent, of content that a library has stored under this name. Of content that was not kept it cannot be told apart. */
export async function asSent(drive: Drive, name: string, content: FileContent): Promise<FileContent> {
  if (!drive.promotes || !content.kept || content.size <= properties.length || !enriched.has(endingOf(name))) return content;
  const pieces: Buffer[] = [];
  for await (const piece of content.read(0, content.size)) pieces.push(Buffer.from(piece));
  const bytes = Buffer.concat(pieces);
  return bytes.subarray(-properties.length).equals(properties) ? new HeldContent(bytes.subarray(0, -properties.length)) : content;
}
