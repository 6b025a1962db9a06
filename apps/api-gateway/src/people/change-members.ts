/** Changes and removes people of an organisation, one change at a time. */
import type { Role } from '@migrator/contracts/api/people';
import { notFound } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import { inTransaction, type Sql, type TransactionSql } from '@migrator/service-kit/database';
import type { Principal } from '../access/principal.js';
import type { OrganisationRepository } from '../organisations/organisation-repository.js';
import type { AccessChanged } from './access-changed.js';
import type { InvitationRepository } from './invitation-repository.js';
import { currentRole, requireOwnerLeft, requireRightOver } from './member-rules.js';
import type { Person, PersonRepository } from './person-repository.js';

export interface ChangeMembersDeps {
  sql: Sql;
  people: PersonRepository;
  organisations: OrganisationRepository;
  invitations: InvitationRepository;
  onAccessChanged: AccessChanged;
}

/** The person as they are now, after every rule has been held against `to` (null: removal). NOT_FOUND, FORBIDDEN, CONFLICT. */
async function allowed(tx: TransactionSql, { people, organisations }: ChangeMembersDeps, principal: Principal, id: Id<'usr'>, to: Role | null): Promise<Person> {
  await organisations.lock(tx, principal.orgId);
  const actor = await currentRole(tx, people, principal);
  const person = await people.find(tx, id);
  if (person?.orgId !== principal.orgId) throw notFound('NOT_FOUND');
  requireRightOver(actor, person.role, to);
  requireOwnerLeft(person.role, to, await people.countOwners(tx, principal.orgId));
  return person;
}

/** What they invited others to and could not any more is taken back. */
export const makeChangeRole = (deps: ChangeMembersDeps) => async (principal: Principal, id: Id<'usr'>, role: Role): Promise<Person> => {
  const person = await inTransaction(deps.sql, async (tx) => {
    const found = await allowed(tx, deps, principal, id, role);
    await deps.people.changeRole(tx, id, role);
    await deps.invitations.removeBeyond(tx, principal.orgId, found.email, role);
    return { ...found, role };
  });
  deps.onAccessChanged({ orgId: principal.orgId, what: 'member' });
  return person;
};

/** With their sessions, password and the invitations they made; the keys they made go on. */
export const makeRemoveMember = (deps: ChangeMembersDeps) => async (principal: Principal, id: Id<'usr'>): Promise<void> => {
  await inTransaction(deps.sql, async (tx) => {
    const { email } = await allowed(tx, deps, principal, id, null);
    await deps.people.remove(tx, id);
    // Nobody comes back by a link they made for themselves.
    await deps.invitations.removeBeyond(tx, principal.orgId, email, null);
  });
  deps.onAccessChanged({ orgId: principal.orgId, what: 'member' });
};
