/**
 * Names that the destination gives (ids, change keys) as the ledger keeps them. Exchange's are Base64 in one of its two alphabets:
 * stored as the bytes they stand for they take a quarter less. Any other name is kept as it is. Equal names have equal packed forms.
 */

/** First byte: 0 text; otherwise 1 + the number of `=` at the end, and 3 more for the alphabet with `+` and `/`. */
const asText = 0;
const standardFrom = 4;

export function packName(name: string): Buffer {
  const padding = name.endsWith('==') ? 2 : name.endsWith('=') ? 1 : 0;
  const digits = padding === 0 ? name : name.slice(0, -padding);
  const standard = digits.includes('+') || digits.includes('/');
  const bytes = Buffer.from(digits, 'base64url');
  // Only what comes back as it was: Base64 has several spellings of the same bytes.
  if (digitsOf(bytes, standard) !== digits) return Buffer.concat([Buffer.of(asText), Buffer.from(name, 'utf8')]);
  return Buffer.concat([Buffer.of((standard ? standardFrom : 1) + padding), bytes]);
}

export function unpackName(packed: Buffer): string {
  const kind = packed[0] ?? asText;
  const rest = packed.subarray(1);
  if (kind === asText) return rest.toString('utf8');
  const standard = kind >= standardFrom;
  return digitsOf(rest, standard) + '='.repeat(kind - (standard ? standardFrom : 1));
}

const digitsOf = (bytes: Buffer, standard: boolean): string => (standard ? bytes.toString('base64').replace(/=+$/, '') : bytes.toString('base64url'));
