/** Cursors that only this service can have issued: the position, signed together with the list it belongs to. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '@migrator/contracts/errors';
import type { Secret } from './config.js';

export interface Cursors {
  /** A cursor for `list` (what it lists and for whom), opaque to clients. */
  issue(list: string, position: readonly string[]): string;
  /** The position in a cursor of this list; VALIDATION_ERROR for anything else. */
  read(list: string, cursor: string): string[];
}

/** One page out of up to `limit + 1` rows, and where the next one begins. */
export interface Page<Row> {
  rows: Row[];
  nextCursor: string | null;
  hasMore: boolean;
}

/** `key` is INTERNAL_SIGNING_KEY; cursors are signed with a key derived from it for `service`. */
export function createCursors(key: Secret, service: string): Cursors {
  const signingKey = createHmac('sha256', Buffer.from(key.reveal(), 'base64')).update(`${service} cursors`).digest();
  const sign = (list: string, text: string): Buffer => createHmac('sha256', signingKey).update(`${list}\n${text}`).digest().subarray(0, 16);
  return {
    issue: (list, position) => {
      const text = JSON.stringify(position);
      return Buffer.concat([sign(list, text), Buffer.from(text)]).toString('base64url');
    },
    read: (list, cursor) => {
      const bytes = Buffer.from(cursor, 'base64url');
      const text = bytes.subarray(16).toString();
      if (bytes.length < 18 || !timingSafeEqual(bytes.subarray(0, 16), sign(list, text)))
        throw new AppError('VALIDATION_ERROR', { publicMessage: 'cursor: was not issued by this list', errors: [{ path: 'cursor', message: 'was not issued by this list' }] });
      return JSON.parse(text) as string[];
    },
  };
}

/** Cuts the row too many off and points behind the last one that is left. `position` is where that row stands in the order of the list. */
export function pageOf<Row>(cursors: Cursors, list: string, rows: readonly Row[], limit: number, position: (row: Row) => string[]): Page<Row> {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { rows: page, nextCursor: last === undefined ? null : cursors.issue(list, position(last)), hasMore: last !== undefined };
}
