import { canvasBody, lostWebParts, partsNamingFiles, replaced } from './canvas.js';

const image = 'd1d91016-032f-456d-98a4-721247c305e8';
const canvas = (properties: Record<string, unknown>, webPartType = image): Record<string, unknown> => ({ horizontalSections: [{ columns: [{ webparts: [{ '@odata.type': '#microsoft.graph.standardWebPart', webPartType, data: { properties } }] }] }] });

test('ids of sites and lists and their addresses are rewritten, in whatever case they stand', () => {
  const replacements = [['https://a.example/sites/x', 'https://b.example/sites/y'], ['0f5e3c1a-0000-4000-8000-00000000000a', 'ffffffff-0000-4000-8000-00000000000b']] as const;
  expect(replaced('see HTTPS://a.example/Sites/x/Docs and aXexample', replacements)).toBe('see https://b.example/sites/y/Docs and aXexample');
  const body = JSON.stringify(canvasBody(canvas({ listId: '0F5E3C1A-0000-4000-8000-00000000000A', url: 'https://a.example/sites/x/$&' }), replacements));
  expect(body).toContain('ffffffff-0000-4000-8000-00000000000b');
  expect(body).toContain('https://b.example/sites/y/$&');
  expect(body).not.toContain('a.example');
});

test('a web part that names a file by its id is told, one without is not, and one that is lost is told as that alone', () => {
  const file = { gallery: [{ uniqueId: '0f5e3c1a-0000-4000-8000-00000000000a' }] };
  expect(partsNamingFiles(canvas(file))).toEqual([image]);
  expect(partsNamingFiles(canvas({ uniqueId: '00000000-0000-0000-0000-000000000000', gallery: [{ uniqueId: '' }] }))).toEqual([]);
  const other = '8c88f208-6c77-4bdb-86a0-0c47b4316588';
  expect(partsNamingFiles(canvas(file, other))).toEqual([]);
  expect(lostWebParts(canvas(file, other))).toEqual([other]);
});
