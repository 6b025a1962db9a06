/** Cursors that only this service can have issued: the position, signed together with the list it belongs to. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@migrator/service-kit/config';
import { invalid } from '../jobs/job-input.js';

export interface Cursors {
  /** A cursor for `list` (what it lists and for whom), opaque to clients. */
  issue(list: string, position: readonly string[]): string;
  /** The position in a cursor of this list; VALIDATION_ERROR for anything else. */
  read(list: string, cursor: string): string[];
}

/** `key` is INTERNAL_SIGNING_KEY; cursors are signed with a key derived from it. */
export function createCursors(key: Secret): Cursors {
  const signingKey = createHmac('sha256', Buffer.from(key.reveal(), 'base64')).update('job-service cursors').digest();
  const sign = (list: string, text: string): Buffer => createHmac('sha256', signingKey).update(`${list}\n${text}`).digest().subarray(0, 16);
  return {
    issue: (list, position) => {
      const text = JSON.stringify(position);
      return Buffer.concat([sign(list, text), Buffer.from(text)]).toString('base64url');
    },
    read: (list, cursor) => {
      const bytes = Buffer.from(cursor, 'base64url');
      const text = bytes.subarray(16).toString();
      if (bytes.length < 18 || !timingSafeEqual(bytes.subarray(0, 16), sign(list, text))) throw invalid([{ path: 'cursor', message: 'was not issued by this list' }]);
      return JSON.parse(text) as string[];
    },
  };
}
