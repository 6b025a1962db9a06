/**
 * Ids of log lines: a ULID whose 80 random bits are the line's seq (40 bits) and a hash of its job's id (40 bits). So a
 * `Last-Event-ID` leads to its place without an index, and an id of another job is recognised.
 */
import { createHash } from 'node:crypto';
import type { Id } from '@migrator/contracts/ids';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const values = new Map([...alphabet].map((char, value) => [char, value]));

function encode(value: number, length: number): string {
  let text = '';
  for (let rest = value, at = 0; at < length; at += 1) {
    text = alphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function decode(text: string): number | null {
  let value = 0;
  for (const char of text) {
    const digit = values.get(char);
    if (digit === undefined) return null;
    value = value * 32 + digit;
  }
  return value;
}

const hashes = new Map<string, string>();
function jobHash(jobId: string): string {
  let text = hashes.get(jobId);
  if (text === undefined) {
    text = encode(createHash('sha256').update(jobId).digest().readUIntBE(0, 5), 8);
    if (hashes.size >= 1000) hashes.clear();
    hashes.set(jobId, text);
  }
  return text;
}

/** The id of line `seq` (1 to 2^40 - 1) of a job. */
export function logId(jobId: string, seq: number, at: Date): Id<'log'> {
  return `log_${encode(Math.max(0, at.getTime()), 10)}${encode(seq, 8)}${jobHash(jobId)}`;
}

/** The seq in a log id of this job, or null when the id is malformed or of another job. */
export function seqOfLogId(jobId: string, id: string): number | null {
  const match = /^log_[0-7][0-9A-HJKMNP-TV-Z]{9}([0-9A-HJKMNP-TV-Z]{8})([0-9A-HJKMNP-TV-Z]{8})$/.exec(id);
  return match?.[1] !== undefined && match[2] === jobHash(jobId) ? decode(match[1]) : null;
}
