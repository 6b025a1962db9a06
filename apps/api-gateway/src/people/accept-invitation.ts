/** Makes an invited person a member, once. */
import { notFound } from '@migrator/contracts/errors';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { AuditLog } from '../audit/audit-log.js';
import type { OrganisationRepository } from '../organisations/organisation-repository.js';
import { networkOf, type AttemptRule, type Attempts } from './attempts.js';
import type { Credentials } from './credentials/credentials.js';
import type { InvitationRepository } from './invitation-repository.js';
import { hashToken } from './link-token.js';
import { doneBy, type Origin } from './origin.js';
import type { Person, PersonRepository } from './person-repository.js';
import type { Arrived } from './sign-up.js';

export interface AcceptInvitationDeps {
  sql: Sql;
  credentials: Credentials;
  invitations: InvitationRepository;
  people: PersonRepository;
  organisations: OrganisationRepository;
  attempts: Attempts;
  audit: AuditLog;
  clock: Clock;
}

/** Whoever invites sees the link, and could try by it which addresses have an account, as at sign-up. */
const rule: AttemptRule = { name: 'accept from', max: 20, windowMs: 3_600_000 };

/** NOT_FOUND when the invitation is used, replaced, taken back, too old or unknown; CONFLICT when the address has an account, and the invitation stays; RATE_LIMITED after too many of these. */
export const makeAcceptInvitation =
  ({ sql, credentials, invitations, people, organisations, attempts, audit, clock }: AcceptInvitationDeps) =>
  async ({ token, name, password }: { token: string; name: string; password: string }, origin: Origin): Promise<Arrived> => {
    const place = networkOf(origin.address);
    await attempts.take(rule, place);
    const arrived = await inTransaction(sql, async (tx) => {
      const now = clock.now();
      const invitation = await invitations.consume(tx, hashToken(token), now);
      const organisation = invitation === null ? null : await organisations.find(tx, invitation.orgId);
      if (invitation === null || organisation === null) throw notFound('NOT_FOUND');
      const { orgId, email, role } = invitation;
      const session = await credentials.signUp(tx, { email, name, password }, origin.browser);
      const person: Person = { id: session.userId, orgId, email, name, role, createdAt: now, lastSeenAt: now };
      await people.join(tx, person);
      await audit.record(tx, doneBy({ userId: person.id, email, orgId }, origin, 'member.joined', person.id));
      return { person, organisation, session };
    });
    await attempts.giveBack(rule, place);
    return arrived;
  };
