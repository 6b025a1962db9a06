/** SharePoint writes properties into Office files, PDFs and pages as they arrive (graph/files.md 5.3): what is stored is not what was sent. */
import type { ContentSink } from '../content/file-content.js';
import type { Drive } from './drive.js';
import { endingOf } from './mime-type.js';

const enriched = new Set(['docx', 'xlsx', 'pptx', 'pdf', 'html', 'aspx']);
const properties = Buffer.from('\n<!-- properties written by the library -->\n');

/** Adds what the library adds to a file of this name; call it once all bytes are there. */
export function promote(drive: Drive, name: string, sink: ContentSink): void {
  if (drive.promotes && sink.size > 0 && enriched.has(endingOf(name))) sink.write(properties);
}
