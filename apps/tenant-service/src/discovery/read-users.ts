/** Everybody in a tenant's directory, and whether there is a mailbox behind. */
import { GraphRequestError, type GraphPort } from '@migrator/graph-client';
import type { Finding } from './discovery-repository.js';
import type { MailboxUsage } from './usage-report.js';

interface DirectoryUser {
  id: string;
  userPrincipalName: string;
  displayName: string | null;
  mail: string | null;
  userType: string | null;
  assignedPlans?: { service?: string; capabilityStatus?: string }[];
}

const select = 'id,userPrincipalName,displayName,mail,userType,assignedPlans';

/** Pages of findings. A licensed user has a mailbox; a user with an address and no licence is asked what the mailbox is for. */
export async function* readUsers(port: GraphPort, usage: ReadonlyMap<string, MailboxUsage> | null, signal: AbortSignal): AsyncGenerator<Finding[]> {
  for await (const page of port.pages<DirectoryUser>('/users', { budget: { kind: 'directory' }, query: { $select: select, $top: '999' }, signal })) {
    const people = page.value.filter((user) => user.userType !== 'Guest');
    yield await Promise.all(people.map((user) => toFinding(port, user, usage, signal)));
  }
}

async function toFinding(port: GraphPort, user: DirectoryUser, usage: ReadonlyMap<string, MailboxUsage> | null, signal: AbortSignal): Promise<Finding> {
  const own = usage?.get(user.userPrincipalName.toLowerCase());
  const licensed = (user.assignedPlans ?? []).some((plan) => plan.service?.toLowerCase() === 'exchange' && plan.capabilityStatus === 'Enabled');
  const base = { microsoftId: user.id, upn: user.userPrincipalName, mail: user.mail, displayName: user.displayName ?? user.userPrincipalName, sizeBytes: own?.sizeBytes ?? null, itemCount: own?.itemCount ?? null };
  if (user.mail === null) return { ...base, kind: 'user', hasMailbox: false };
  if (licensed) return { ...base, kind: 'user', hasMailbox: true };
  const kind = await readPurpose(port, user.id, signal);
  return { ...base, kind: kind ?? 'user', hasMailbox: kind !== null };
}

const purposes: Record<string, Finding['kind']> = { user: 'user', linked: 'user', shared: 'shared', room: 'room', equipment: 'equipment', others: 'shared' };

/** What a mailbox without a licence is for; null when there is no mailbox. Graph is seen to answer in two shapes. */
async function readPurpose(port: GraphPort, userId: string, signal: AbortSignal): Promise<Finding['kind'] | null> {
  try {
    const answer = await port.get<{ value?: string | { value?: string } }>(`/users/${encodeURIComponent(userId)}/mailboxSettings/userPurpose`, { budget: { kind: 'outlook', mailbox: userId }, signal });
    const word = typeof answer.value === 'object' ? answer.value.value : answer.value;
    return purposes[word ?? ''] ?? 'shared';
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'not_found') return null;
    throw error;
  }
}
