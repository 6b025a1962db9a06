/** What applications may put on a page: text, and fourteen kinds of standard web parts (graph/files.md 8.4). */

/** By `webPartType`. */
export const creatableParts: ReadonlyMap<string, string> = new Map([
  ['e377ea37-9047-43b9-8cdb-a761be2f8e09', 'Bing Maps'], ['0f087d7f-520e-42b7-89c0-496aaf979d58', 'Button'], ['df8e44e7-edd5-46d5-90da-aca1539313b8', 'Call To Action'], ['2161a1c6-db61-4731-b97c-3cdb303f7cbb', 'Divider'],
  ['b7dd04e1-19ce-4b24-9132-b60a1c2b910d', 'Document Embed'], ['d1d91016-032f-456d-98a4-721247c305e8', 'Image'], ['af8be689-990e-492a-81f7-ba3e4cd3ed9c', 'Image Gallery'], ['6410b3b6-d440-4663-8744-378976dc041e', 'Link Preview'],
  ['e84a8ca2-f63c-4fb9-bc0b-d8eef5ccb22b', 'Org Chart'], ['7f718435-ee4d-431c-bdbf-9c4ff326f46e', 'People'], ['c70391ea-0b10-4ee9-b2b4-006d3fcad0cd', 'Quick Links'], ['8654b779-4886-46d4-8ffb-b5ed960ee986', 'Spacer'],
  ['544dd15b-cf3c-441b-96da-004d5a8cea1d', 'YouTube Embed'], ['cbe7b0a9-3504-44dd-a3a3-0e5cacd07788', 'Title Area'],
]);

/** Kinds that people put on pages and applications cannot. */
export const otherParts: ReadonlyMap<string, string> = new Map([['8c88f208-6c77-4bdb-86a0-0c47b4316588', 'News'], ['f92bf067-bc19-489e-a556-7fe95f508720', 'List'], ['20745d7d-8581-4a6c-bf26-68279bc123fc', 'Events']]);

export type WebPart = { readonly kind: 'text'; readonly id: string; readonly innerHtml: string } | { readonly kind: 'standard'; readonly id: string; readonly webPartType: string; readonly data: Readonly<Record<string, unknown>> };

export function partView(part: WebPart): Record<string, unknown> {
  if (part.kind === 'text') return { '@odata.type': '#microsoft.graph.textWebPart', id: part.id, innerHtml: part.innerHtml };
  return { '@odata.type': '#microsoft.graph.standardWebPart', id: part.id, webPartType: part.webPartType, data: part.data };
}
