/** What a failed request means, decided once where it is understood. */

/**
 * - throttled, unavailable: waited and tried for a long time, in vain; nothing was done.
 * - in_doubt: a write was sent and its answer lost (cut connection, time-out, 5xx). Look before writing again.
 * - locked: somebody has a file open, or an administrator has locked its place; nothing was done.
 * - unauthorised: no token, or Graph refuses a fresh one. forbidden: the token lacks a permission or the object is closed to us.
 * - gone: 410, a delta token or list that Graph has forgotten. corrupt: Exchange cannot read the item.
 */
export type GraphErrorKind = 'throttled' | 'unavailable' | 'in_doubt' | 'unauthorised' | 'forbidden' | 'not_found' | 'conflict' | 'gone' | 'precondition' | 'too_large' | 'bad_request' | 'quota' | 'corrupt' | 'locked' | 'cancelled';

export interface GraphRequestErrorFields {
  /** HTTP status, or 0 when there was no answer. */
  status: number;
  /** Graph's own error code, the most specific one; null when the body had none. */
  graphCode: string | null;
  /** Microsoft's request id, for a support case. */
  requestId: string | null;
  /** `Location` of a 410: where to begin anew. */
  location?: string;
  cause?: unknown;
}

/** Carries no content, no token and no pre-authorised address. */
export class GraphRequestError extends Error {
  readonly status: number;
  readonly graphCode: string | null;
  readonly requestId: string | null;
  readonly location: string | undefined;

  constructor(
    readonly kind: GraphErrorKind,
    fields: GraphRequestErrorFields,
  ) {
    super(`Graph request failed: ${kind}${fields.status === 0 ? '' : ` (${fields.status}${fields.graphCode === null ? '' : ` ${fields.graphCode}`})`}`, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'GraphRequestError';
    this.status = fields.status;
    this.graphCode = fields.graphCode;
    this.requestId = fields.requestId;
    this.location = fields.location;
  }
}
