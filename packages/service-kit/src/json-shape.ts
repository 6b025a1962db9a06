/** What is wrong with a JSON text before anything is built of it: things that a parser takes silently, or chokes on. */
import { isUtf8 } from 'node:buffer';

/** Deeper JSON is refused: nothing of ours nests like that, and walking it would end in the stack. */
export const depthMax = 64;

/** `duplicate key`: two readers of the same text could see different values. */
export type JsonFault = 'not UTF-8' | 'nested too deep' | 'duplicate key';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/**
 * The first fault, or null. Looks at the bytes alone. A text that is not JSON at all may have none: that is the parser's to say.
 */
export function faultOfJson(json: Buffer): JsonFault | null {
  if (!isUtf8(json)) return 'not UTF-8';
  /** The keys seen of each open object, and null for each open array. */
  const open: (Set<string> | null)[] = [];
  let keys: Set<string> | null = null;
  let keyComes = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === quote) {
      const from = at;
      let escaped = false;
      for (at += 1; at < json.length && json[at] !== quote; at += 1) {
        if (json[at] !== backslash) continue;
        escaped = true;
        at += 1;
      }
      if (!keyComes || keys === null) continue;
      keyComes = false;
      const key = keyOf(json.toString('utf8', from, at + 1), escaped);
      if (keys.has(key)) return 'duplicate key';
      keys.add(key);
    } else if (byte === 0x7b || byte === 0x5b) {
      if (open.length >= depthMax) return 'nested too deep';
      keys = byte === 0x7b ? new Set() : null;
      keyComes = keys !== null;
      open.push(keys);
    } else if (byte === 0x7d || byte === 0x5d) {
      open.pop();
      keys = open.at(-1) ?? null;
      keyComes = false;
    } else if (byte === comma) keyComes = keys !== null;
  }
  return null;
}

/** The name that a parser would see: an escape and the letter that it stands for are one. */
function keyOf(quoted: string, escaped: boolean): string {
  if (!escaped) return quoted;
  try {
    return JSON.stringify(JSON.parse(quoted));
  } catch {
    // Not JSON: the parser will say so.
    return quoted;
  }
}
