/** Which names SharePoint and OneDrive take (graph/files.md 9). */
const reserved = /^(\.lock|con|prn|aux|nul|com[0-9]|lpt[0-9]|desktop\.ini)$/i;
export const pathCharsMax = 400;
const segmentCharsMax = 255;

/** What is wrong with a name; null when it is taken. */
export function nameFault(name: string, kind: 'folder' | 'file', inRoot: boolean): string | null {
  if (name === '' || name.length > segmentCharsMax) return 'The name is empty or too long.';
  if (/["*:<>?/\\|]/.test(name) || [...name].some((char) => char < ' ' || char === '\u007f')) return 'The name contains characters that are not allowed.';
  if (/^\s|\s$|\.$/.test(name)) return 'The name begins or ends with a character that is not allowed there.';
  if (name.startsWith('~$') || reserved.test(name) || name.toLowerCase().includes('_vti_')) return 'The name is reserved.';
  if (kind === 'folder' && name.startsWith('~')) return 'The name of a folder does not begin with a tilde.';
  if (inRoot && name.toLowerCase() === 'forms') return 'The name is reserved in the root of a library.';
  return null;
}

/** Names that differ by case alone are one. */
export const foldName = (name: string): string => name.toLowerCase();
