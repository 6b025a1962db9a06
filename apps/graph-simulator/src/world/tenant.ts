import type { ExchangeStore } from '../exchange/store/exchange-store.js';
import type { FileStore } from '../files/file-store.js';

/** What a mailbox is for, as `mailboxSettings/userPurpose` names it. */
export type MailboxKind = 'user' | 'shared' | 'room' | 'equipment';

/** A user of the directory. Shared, room and equipment mailboxes are users without a licence. */
export interface DirectoryUser {
  readonly id: string;
  userPrincipalName: string;
  displayName: string;
  givenName: string | null;
  surname: string | null;
  mail: string | null;
  mailNickname: string;
  proxyAddresses: string[];
  readonly kind: MailboxKind;
  readonly userType: 'Member' | 'Guest';
  /** Holds an Exchange licence. */
  licensed: boolean;
  accountEnabled: boolean;
  usageLocation: string | null;
  preferredLanguage: string | null;
  jobTitle: string | null;
  department: string | null;
  officeLocation: string | null;
  mobilePhone: string | null;
  businessPhones: string[];
  readonly createdDateTime: string;
}

/** A group of the directory. */
export interface DirectoryGroup {
  readonly id: string;
  displayName: string;
  description: string | null;
  mail: string | null;
  mailNickname: string;
  mailEnabled: boolean;
  securityEnabled: boolean;
  groupTypes: string[];
  visibility: 'Public' | 'Private' | null;
  resourceProvisioningOptions: string[];
  readonly createdDateTime: string;
  readonly memberIds: Set<string>;
  readonly ownerIds: Set<string>;
}

/** One Microsoft 365 organisation and everything in it. */
export interface SimTenant {
  /** GUID, lower case. */
  readonly id: string;
  /** The default verified domain, e.g. `contoso.com`. */
  readonly domain: string;
  /** `contoso.onmicrosoft.com`. */
  readonly initialDomain: string;
  readonly displayName: string;
  readonly seed: string;
  readonly createdDateTime: string;
  /** In creation order. */
  readonly users: DirectoryUser[];
  readonly groups: DirectoryGroup[];
  /** Usage reports carry hashes in place of names (`/admin/reportSettings`). */
  concealedNames: boolean;
  readonly exchange: ExchangeStore;
  /** SharePoint and OneDrive. */
  readonly files: FileStore;
  /** By object id, UPN or mail (the last two in any case); undefined when there is no such user. */
  findUser(idOrUpn: string): DirectoryUser | undefined;
  addUser(user: DirectoryUser): void;
  /** False when there was no such user. Its OneDrive goes with it; removing the mailbox is the caller's. */
  removeUser(id: string): boolean;
}
