/** What Microsoft's limits let one mailbox do, as the estimate needs it: read as the workers' governor reads them, so that there is one truth. */
import { scopesOf, type LimitOverrides } from '@migrator/graph-client/limits';

export interface MailboxLimits {
  /** Requests per window. */
  readonly requests: Window;
  /** Bytes written per window. */
  readonly uploadBytes: Window;
}

export interface Window {
  readonly max: number;
  readonly windowMs: number;
}

/** Of a mailbox of this Microsoft tenant; null for one that is not known. */
export function mailboxLimits(overrides: LimitOverrides, microsoftTenantId: string | null): MailboxLimits {
  const windows = scopesOf('', microsoftTenantId ?? '', { kind: 'outlook', mailbox: '' }, overrides).flatMap((scope) => scope.windows);
  const windowOf = (name: string): Window => {
    const kept = windows.find((each) => each.name === name);
    if (kept === undefined) throw new Error(`The governor keeps no ${name}.`);
    return kept;
  };
  return { requests: windowOf('outlook.requests'), uploadBytes: windowOf('outlook.bytes') };
}
