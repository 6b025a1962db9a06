/** A mailbox, drive, site, team, person or group of one tenant, as matching and preflight see it: what is mapped differs only in how it is made. */
import type { MappingSubject } from '@migrator/contracts/api/mappings';
import type { IdentityKind, InternalPrincipal, InternalSite, InternalTeam, InternalUser } from '@migrator/contracts/internal';
import { templateOf, type SiteTemplate } from './site-template.js';

/** Kept small, for there may be a hundred thousand. */
export interface Candidate {
  /** The discovered id (dbu_, dbs_, dbt_, dbg_). */
  readonly id: string;
  readonly kind: IdentityKind | 'site' | 'team';
  readonly microsoftId: string;
  /** How people name it: UPN, URL, name of the team. */
  readonly name: string;
  /** Further names by which it may be given. */
  readonly aliases: readonly string[];
  /** What the automatic match compares, folded. */
  readonly key: string;
  /** Whether there is anything to read at the source: a mailbox, a drive. */
  readonly present: boolean;
  readonly sizeBytes: number | null;
  /** Items in it as its usage report says; null when unknown. */
  readonly itemCount: number | null;
  /** What it may hold, bytes; null when unknown. */
  readonly quotaBytes: number | null;
  /** Whether a licence brings it; null when unknown or not needed. */
  readonly licensed: boolean | null;
  /** Of a site, what its root was made from; null when unknown or no site. */
  readonly template: SiteTemplate | null;
}

const unmeasured = { present: true, sizeBytes: null, itemCount: null, quotaBytes: null, licensed: null, template: null };

/** Names are compared without case. */
export const fold = (text: string): string => text.normalize('NFC').toLowerCase();
export const localPart = (address: string): string => fold(address.includes('@') ? address.slice(0, address.lastIndexOf('@')) : address);

/** A person's mailbox or OneDrive. A drive that discovery has not looked at counts as there when a licence brings one, or may. */
export function personCandidate(workload: 'EMAIL' | 'ONEDRIVE', user: InternalUser): Candidate {
  const { id, microsoftId, upn, mail, drive } = user;
  const common = { id, kind: 'user' as const, microsoftId, name: upn, aliases: mail === null ? [] : [mail], key: localPart(upn), template: null };
  if (workload === 'EMAIL') return { ...common, present: user.hasMailbox, sizeBytes: user.sizeBytes, itemCount: user.itemCount, quotaBytes: user.mailboxQuotaBytes, licensed: user.mailboxLicensed };
  const provisioned = drive?.state === 'provisioned' ? drive : null;
  return { ...common, present: drive === null ? user.driveLicensed !== false : drive.state === 'provisioned', sizeBytes: provisioned?.usedBytes ?? null, itemCount: provisioned?.fileCount ?? null, quotaBytes: provisioned?.quotaBytes ?? null, licensed: user.driveLicensed };
}

/** A site; found by URL, name or Microsoft's id, matched by name. */
export function siteCandidate({ id, microsoftId, name, url, sizeBytes, fileCount, template: reported }: InternalSite): Candidate {
  const template = templateOf(reported);
  return { id, kind: 'site', microsoftId, name: url, aliases: [name, microsoftId], key: fold(name), present: template !== 'own', sizeBytes, itemCount: fileCount, quotaBytes: null, licensed: null, template };
}

/** A team; found by name or Microsoft's id, matched by name. */
export function teamCandidate({ id, microsoftId, name, mailNickname }: InternalTeam): Candidate {
  return { id, kind: 'team', microsoftId, name, aliases: [microsoftId, ...(mailNickname === null ? [] : [mailNickname])], key: fold(name), ...unmeasured };
}

/** A person as permissions name them, whether or not there is a mailbox or a drive; matched by the name before the `@`. */
export function userIdentity({ id, microsoftId, upn, mail }: InternalUser): Candidate {
  return { id, kind: 'user', microsoftId, name: upn, aliases: mail === null ? [microsoftId] : [mail, microsoftId], key: localPart(upn), ...unmeasured };
}

/** A guest, matched by the whole address. */
export function guestIdentity({ id, microsoftId, name, mail }: InternalPrincipal): Candidate {
  return { id, kind: 'guest', microsoftId, name: mail ?? name, aliases: [microsoftId], key: `guest ${fold(mail ?? microsoftId)}`, ...unmeasured };
}

/** A group, matched by the name before the `@` of its address, and by its name when it has none, among groups that have none either. */
export function groupIdentity({ id, microsoftId, name, mail }: InternalPrincipal): Candidate {
  return { id, kind: 'group', microsoftId, name: mail ?? name, aliases: [microsoftId], key: mail === null ? `group named ${fold(name)}` : `group ${localPart(mail)}`, ...unmeasured };
}

/** Names by which each can be told from the others: where several have one name, Microsoft's id stands behind it. */
export function toldApart(candidates: readonly Candidate[]): Candidate[] {
  const seen = new Map<string, number>();
  for (const { name } of candidates) seen.set(fold(name), (seen.get(fold(name)) ?? 0) + 1);
  return candidates.map((candidate) => ((seen.get(fold(candidate.name)) ?? 0) > 1 ? { ...candidate, name: `${candidate.name} [${candidate.microsoftId}]` } : candidate));
}

/** How the things that are mapped are called, and under which options they are listed. */
export const workloadWords = {
  EMAIL: { one: 'mailbox', many: 'mailboxes', list: 'mailboxes', mappings: 'mailboxMappings' },
  ONEDRIVE: { one: 'OneDrive', many: 'OneDrives', list: 'users', mappings: 'userMappings' },
  SHAREPOINT: { one: 'site', many: 'sites', list: 'sites', mappings: 'siteMappings' },
  TEAMS: { one: 'team', many: 'teams', list: 'teams', mappings: 'teamMappings' },
  IDENTITY: { one: 'person or group', many: 'people and groups', list: 'source', mappings: 'the spreadsheet of type IDENTITY' },
} as const satisfies Record<MappingSubject, { one: string; many: string; list: string; mappings: string }>;
