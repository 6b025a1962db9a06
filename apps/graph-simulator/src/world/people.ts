import { stableGuid } from './ids.js';
import type { DirectoryUser, MailboxKind, SimTenant } from './tenant.js';

/** A person (or shared mailbox, room, equipment) to add to a tenant. */
export interface PersonSpec {
  /** Before the @ of the user name. */
  alias: string;
  displayName: string;
  givenName?: string | null | undefined;
  surname?: string | null | undefined;
  kind?: MailboxKind | undefined;
  id?: string | undefined;
  usageLocation?: string | undefined;
  preferredLanguage?: string | null | undefined;
  department?: string | null | undefined;
  jobTitle?: string | null | undefined;
  /** false: a member of the directory without licence and mailbox. */
  mailbox?: boolean | undefined;
  /** The address of somebody of another organisation, whom this tenant has invited: a guest, without licence and mailbox. */
  guest?: string | undefined;
}

/** Adds a user; its id follows from tenant and alias unless given. The mailbox is made separately. */
export function addPerson(tenant: SimTenant, person: PersonSpec): DirectoryUser {
  const kind = person.kind ?? 'user';
  const { guest } = person;
  // The user name of a guest is made of the address it was invited by (https://learn.microsoft.com/entra/external-id/user-properties).
  const address = guest === undefined ? `${person.alias}@${tenant.domain}` : `${guest.replace('@', '_')}#EXT#@${tenant.initialDomain}`;
  const hasMailbox = person.mailbox !== false && guest === undefined;
  const user: DirectoryUser = {
    id: (person.id ?? stableGuid('user', tenant.id, person.alias.toLowerCase())).toLowerCase(),
    userPrincipalName: address,
    displayName: person.displayName,
    givenName: person.givenName ?? null,
    surname: person.surname ?? null,
    mail: guest ?? (hasMailbox ? address : null),
    mailNickname: person.alias,
    proxyAddresses: hasMailbox ? [`SMTP:${address}`, `smtp:${person.alias}@${tenant.initialDomain}`] : [],
    kind,
    userType: guest === undefined ? 'Member' : 'Guest',
    licensed: hasMailbox && kind === 'user',
    // Shared, room and equipment mailboxes are disabled accounts.
    accountEnabled: kind === 'user',
    usageLocation: person.usageLocation ?? 'US',
    preferredLanguage: person.preferredLanguage ?? null,
    jobTitle: person.jobTitle ?? null,
    department: person.department ?? null,
    officeLocation: null,
    mobilePhone: null,
    businessPhones: [],
    createdDateTime: tenant.createdDateTime,
  };
  tenant.addUser(user);
  return user;
}

const given = ['Adele', 'Bruno', 'Carla', 'Diego', 'Elif', 'Farid', 'Greta', 'Hana', 'Igor', 'Jana', 'Kofi', 'Lena', 'Marco', 'Nadia', 'Omar', 'Petra', 'Quentin', 'Rosa', 'Sven', 'Tariq', 'Uma', 'Viktor', 'Wanda', 'Ximena', 'Yusuf', 'Zoe'];
const family = ['Abbott', 'Bauer', 'Costa', 'Dubois', 'Eriksen', 'Ferrari', 'Gomez', 'Haddad', 'Ivanova', 'Jansen', 'Kowalski', 'Larsen', 'Moreau', 'Novak', 'Okafor', 'Peters', 'Quispe', 'Rossi', 'Silva', 'Tanaka', 'Urban', 'Vogel', 'Weber', 'Xavier', 'Yilmaz', 'Zeman'];

/** The nth made-up person: names repeat after 676, aliases never. */
export function nthPerson(n: number): PersonSpec {
  const g = given[n % given.length] ?? 'User';
  const f = family[Math.floor(n / given.length) % family.length] ?? 'Name';
  const round = Math.floor(n / (given.length * family.length));
  const alias = `${g}.${f}${round === 0 ? '' : String(round + 1)}`.toLowerCase();
  return { alias, displayName: `${g} ${f}`, givenName: g, surname: f };
}
