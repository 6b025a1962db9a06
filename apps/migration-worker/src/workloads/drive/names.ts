/**
 * What a thing is called at the destination. SharePoint takes neither some characters nor some names, and tells names apart without
 * case; what it does not take gets a look-alike, the same for a name each time. Pure. https://support.microsoft.com/office/64883a5d-228e-48f5-b3d2-eb39e07630fa
 */
import type { ItemKind } from './drive-item.js';

const segmentCharsMax = 255;
/** Decoded, from the beginning of the site's path. */
export const pathCharsMax = 400;

const lookAlikes: Readonly<Record<string, string>> = { '"': '＂', '*': '＊', ':': '：', '<': '＜', '>': '＞', '?': '？', '/': '／', '\\': '＼', '|': '｜' };
const reserved = /^(\.lock|con|prn|aux|nul|com[0-9]|lpt[0-9]|desktop\.ini)$/i;

/** The name that a source's thing gets; most keep theirs. */
export function destName(name: string, kind: ItemKind, inRoot: boolean): string {
  let given = [...name].map((char) => lookAlikes[char] ?? visible(char)).join('');
  given = given.replace(/^\s+|\s+$/gu, (edge) => '␠'.repeat(edge.length)).replace(/\.+$/, (dots) => '．'.repeat(dots.length));
  given = given.replace(/_vti_/gi, (part) => `＿${part.slice(1)}`);
  if (given.startsWith('~$') || (kind !== 'file' && given.startsWith('~'))) given = `～${given.slice(1)}`;
  if (reserved.test(given) || (inRoot && /^forms$/i.test(given)) || given === '') given = `${given}_`;
  return shortened(given);
}

/** Characters of an item's mark that the name of its copy says, where that lies beside something of the owner's. */
const markChars = 8;
const besideTag = /^ \(([0-9a-f]{8})\)$/;
const tagChars = markChars + 3;

/** The name of a copy beside something of the destination's owner that has its name: the same for an item each time, by its mark. */
export function nameBeside(name: string, mark: string): string {
  const { stem, ending } = parts(name);
  return `${cut(stem, segmentCharsMax - tagChars - ending.length)} (${mark.slice(0, markChars)})${ending}`;
}

/** Whose copy a thing of this name may be: of what is called the same, or of what it lies beside. What was cut from a long name is not known. */
export function namesMeant(name: string): { name: string; markStart: string }[] {
  const { stem, ending } = parts(name);
  const markStart = besideTag.exec(stem.slice(-tagChars))?.[1];
  return [{ name, markStart: '' }, ...(markStart === undefined ? [] : [{ name: `${stem.slice(0, -tagChars)}${ending}`, markStart }])];
}

function parts(name: string): { stem: string; ending: string } {
  const dot = name.lastIndexOf('.');
  const at = dot > 0 ? dot : name.length;
  return { stem: name.slice(0, at), ending: name.slice(at) };
}

/** Names that differ by case alone are one. */
export const foldName = (name: string): string => name.toLowerCase();

function visible(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '␡' : char;
}

function shortened(name: string): string {
  if (name.length <= segmentCharsMax) return name;
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && name.length - dot <= 20 ? name.slice(dot) : '';
  return `${cut(name.slice(0, name.length - ending.length), segmentCharsMax - ending.length - 1)}…${ending}`;
}

/** Never through the middle of a character. */
function cut(text: string, chars: number): string {
  const piece = text.slice(0, Math.max(1, chars));
  return /[\ud800-\udbff]$/.test(piece) ? piece.slice(0, -1) : piece;
}
