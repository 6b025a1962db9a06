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

/** `timeScale` shortens the windows, for a simulator whose windows are shortened too. */
export function mailboxLimits(timeScale = 1): MailboxLimits {
  const of = (name: string) => {
    const limit = publishedLimits.find((each) => each.name === name);
    if (limit === undefined) throw new Error(`The governor's table has no ${name}.`);
    return limit;
  };
  const windowOf = (name: string): Window => ({ max: of(name).max, windowMs: (of(name).windowMs ?? 0) / timeScale });
  return { concurrency: of('outlook.inFlight').max, requests: windowOf('outlook.requests'), uploadBytes: windowOf('outlook.bytes') };
}
