/** Everybody in a tenant's directory, and whether there is a mailbox and an OneDrive behind; guests, who have neither, apart. */
import { GraphRequestError, type GraphPort } from '@migrator/graph-client';
import type { Finding } from './discovery-repository.js';
import { measureMailbox } from './measure-mailbox.js';
import type { MailboxUsage } from './mailbox-usage.js';
import type { PlaceFinding } from './place-repository.js';
import type { ReadDrives } from './read-drives.js';

interface DirectoryUser {
  id: string;
  userPrincipalName: string;
  displayName: string | null;
  mail: string | null;
  userType: string | null;
  accountEnabled: boolean | null;
  assignedPlans?: { service?: string; capabilityStatus?: string }[];
}

const select = 'id,userPrincipalName,displayName,mail,userType,accountEnabled,assignedPlans';

/** Pages of findings. A licensed user has a mailbox; a user with an address and no licence is asked what the mailbox is for. */
export async function* readUsers(port: GraphPort, usage: ReadonlyMap<string, MailboxUsage> | null, readDrives: ReadDrives, signal: AbortSignal): AsyncGenerator<{ people: Finding[]; guests: PlaceFinding[] }> {
  for await (const page of port.pages<DirectoryUser>('/users', { budget: { kind: 'directory' }, query: { $select: select, $top: '999' }, signal })) {
    const members = page.value.filter((user) => !isGuest(user));
    const findings = await Promise.all(members.map((user) => toFinding(port, user, usage, signal)));
    const drives = await readDrives(findings);
    yield {
      people: findings.map((finding) => ({ ...finding, drive: drives.get(finding.microsoftId) ?? null })),
      guests: page.value.filter(isGuest).map(({ id, mail, displayName, userPrincipalName }) => ({ kind: 'guest', microsoftId: id, name: displayName ?? mail ?? userPrincipalName, detail: { mail } })),
    };
  }
}

const isGuest = ({ userType }: DirectoryUser): boolean => userType === 'Guest';

async function toFinding(port: GraphPort, user: DirectoryUser, usage: ReadonlyMap<string, MailboxUsage> | null, signal: AbortSignal): Promise<Finding> {
  const reported = usage?.get(user.userPrincipalName.toLowerCase()) ?? null;
  const has = (service: string): boolean => (user.assignedPlans ?? []).some((plan) => plan.service?.toLowerCase() === service && plan.capabilityStatus === 'Enabled');
  const licensed = has('exchange');
  const licences = { accountEnabled: user.accountEnabled ?? null, mailboxLicensed: licensed, driveLicensed: has('sharepoint'), drive: null };
  const base = { microsoftId: user.id, upn: user.userPrincipalName, mail: user.mail, displayName: user.displayName ?? user.userPrincipalName, ...licences };
  if (user.mail === null) return { ...base, kind: 'user', hasMailbox: false, sizeBytes: null, itemCount: null, mailboxQuotaBytes: null };
  const purpose = licensed ? 'user' : await readPurpose(port, user.id, signal);
  // Who may not ask what a mailbox is for still sees in the report that there is one.
  const kind = purpose === 'unknown' ? (reported === null ? null : 'shared') : purpose;
  if (kind === null) return { ...base, kind: 'user', hasMailbox: false, sizeBytes: null, itemCount: null, mailboxQuotaBytes: null };
  const size = usage === null ? await measureMailbox(port, user.id, signal) : reported;
  return { ...base, kind, hasMailbox: true, sizeBytes: size?.sizeBytes ?? null, itemCount: size?.itemCount ?? null, mailboxQuotaBytes: size?.quotaBytes ?? null };
}

const purposes: Record<string, Finding['kind']> = { user: 'user', linked: 'user', shared: 'shared', room: 'room', equipment: 'equipment', others: 'shared' };

/** What a mailbox without a licence is for; null when there is no mailbox, `unknown` when we may not ask. Graph is seen to answer in two shapes. */
async function readPurpose(port: GraphPort, userId: string, signal: AbortSignal): Promise<Finding['kind'] | null | 'unknown'> {
  try {
    const answer = await port.get<{ value?: string | { value?: string } }>(`/users/${encodeURIComponent(userId)}/mailboxSettings/userPurpose`, { budget: { kind: 'outlook', mailbox: userId }, signal });
    const word = typeof answer.value === 'object' ? answer.value.value : answer.value;
    return purposes[word ?? ''] ?? 'shared';
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'not_found') return null;
    if (error instanceof GraphRequestError && error.kind === 'forbidden') return 'unknown';
    throw error;
  }
}
