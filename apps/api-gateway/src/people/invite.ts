/** Invites a person into an organisation; the link works once, within 7 days. */
import type { Role } from '@migrator/contracts/api/people';
import { AppError, notFound } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql, type TransactionSql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { OrganisationRepository } from '../organisations/organisation-repository.js';
import type { Invitation, InvitationRepository } from './invitation-repository.js';
import { hashToken, newLinkToken } from './link-token.js';
import type { PersonRepository } from './person-repository.js';

const invitationMs = 7 * 24 * 3_600_000;

export interface InviteDeps {
  sql: Sql;
  invitations: InvitationRepository;
  people: PersonRepository;
  organisations: OrganisationRepository;
  clock: Clock;
  ids: Ids;
  publicUrl: string;
}

export interface Invite {
  orgId: Id<'org'>;
  email: string;
  role: Role;
  invitedBy: string;
  /** Holds the rules of who may, inside the transaction, and notes what has to be noted. */
  check(tx: TransactionSql, invitationId: Id<'inv'>): Promise<void>;
}

/** The link is returned once and kept nowhere. CONFLICT when the person belongs to the organisation already. */
export const makeInvite =
  ({ sql, invitations, people, organisations, clock, ids, publicUrl }: InviteDeps) =>
  ({ orgId, email, role, invitedBy, check }: Invite): Promise<{ invitation: Invitation; acceptUrl: string; organisationName: string }> =>
    inTransaction(sql, async (tx) => {
      await organisations.lock(tx, orgId);
      const organisation = await organisations.find(tx, orgId);
      if (organisation === null) throw notFound('NOT_FOUND');
      const now = clock.now();
      const id = ids.next('inv');
      await check(tx, id);
      // Whether an address belongs to another organisation is not told here: accepting says so to whoever reads its mail.
      if ((await people.findByEmail(tx, email))?.orgId === orgId) throw new AppError('CONFLICT', { publicMessage: 'This person belongs to the organisation already.' });
      const token = newLinkToken(ids);
      const invitation: Invitation = { id, orgId, email, role, invitedBy, createdAt: now, expiresAt: new Date(now.getTime() + invitationMs) };
      await invitations.replace(tx, invitation, hashToken(token));
      return { invitation, acceptUrl: `${publicUrl.replace(/\/+$/, '')}/invitations#${token}`, organisationName: organisation.name };
    });
