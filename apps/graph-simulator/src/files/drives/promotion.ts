/** SharePoint writes properties into Office files, PDFs and pages as they arrive (graph/files.md 5.3): what is stored is not what was sent. */
import { createHash } from 'node:crypto';
import type { ContentSink } from '../content/content-sink.js';
import type { FileContent } from '../content/file-content.js';
import { QuickXorHash } from '../content/quick-xor-hash.js';
import type { Drive } from './drive.js';
import { endingOf } from './mime-type.js';

const enriched = new Set(['docx', 'xlsx', 'pptx', 'pdf', 'html', 'aspx']);
const properties = Buffer.from('\n<!-- properties written by the library -->\n');

const promotes = (drive: Drive, name: string, size: number): boolean => drive.promotes && size > 0 && enriched.has(endingOf(name));

/** Adds what the library adds to a file of this name; call it once all bytes are there. */
export function promote(drive: Drive, name: string, sink: ContentSink): void {
  if (promotes(drive, name, sink.size)) sink.write(properties);
}

/** What is stored of a file of these bytes; null where the library stores what is sent. Reads everything. */
export async function promotedContent(drive: Drive, name: string, content: FileContent): Promise<{ size: number; quickXorHash: string; sha256: string } | null> {
  if (!promotes(drive, name, content.size)) return null;
  const [quick, sha] = [new QuickXorHash(), createHash('sha256')];
  for await (const piece of content.read(0, content.size)) {
    quick.update(piece);
    sha.update(piece);
  }
  quick.update(properties);
  sha.update(properties);
  return { size: content.size + properties.length, quickXorHash: quick.digest(), sha256: sha.digest('hex') };
}
