/** What Microsoft's published limits let one mailbox do, as the estimate needs it: read from the governor's table, so that there is one truth. */
import { publishedLimits } from '@migrator/graph-client/limits';

export interface MailboxLimits {
  /** Requests in flight at once. */
  readonly concurrency: number;
  /** Requests per window. */
  readonly requests: Window;
  /** Bytes written per window. */
  readonly uploadBytes: Window;
}

export interface Window {
  readonly max: number;
  readonly windowMs: number;
}

const unlimited: Window = { max: Number.POSITIVE_INFINITY, windowMs: 0 };

/** `timeScale` shortens the windows, for a simulator whose windows are shortened too. */
export function mailboxLimits(timeScale = 1): MailboxLimits {
  const { concurrency, requests, uploadBytes } = publishedLimits.outlook;
  const shortened = (window: Window | null): Window => (window === null ? unlimited : { max: window.max, windowMs: window.windowMs / timeScale });
  return { concurrency, requests: shortened(requests), uploadBytes: shortened(uploadBytes) };
}
