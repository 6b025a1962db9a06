/** Where a call of a person comes from: for the audit log, for limits, and for their session. */
import type { Id } from '@migrator/contracts/ids';
import type { AuditEvent } from '../audit/audit-log.js';
import type { Exchange } from '../http/own-route.js';
import type { Browser } from './credentials/credentials.js';

export interface Origin {
  address: string;
  requestId: string;
  browser: Browser;
}

export const originOf = ({ clientAddress, requestId, request, secure }: Exchange): Origin => ({ address: clientAddress, requestId, browser: { headers: request.headers, secure } });

/** A person's own doing, as the audit log has it. */
export const doneBy = (person: { userId: Id<'usr'>; email: string; orgId: Id<'org'> }, { address, requestId }: Origin, action: string, target: string | null): AuditEvent => ({
  orgId: person.orgId, actor: `user:${person.userId}`, actorName: person.email, action, target, address, requestId,
});

export function setCookies({ response }: Exchange, cookies: readonly string[]): void {
  for (const cookie of cookies) response.appendHeader('Set-Cookie', cookie);
}
