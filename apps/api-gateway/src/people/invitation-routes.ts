/** Invitations: made and taken back by the organisation, read and accepted by whoever has the link. */
import type { invitationSchema } from '@migrator/contracts/api/people';
import { peopleEndpoints } from '@migrator/contracts/endpoints/people';
import { notFound } from '@migrator/contracts/errors';
import type { Clock } from '@migrator/service-kit/clock';
import type { Cursors } from '@migrator/service-kit/cursors';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { z } from 'zod';
import { organisationRoute, publicRoute, type OwnRoute } from '../http/own-route.js';
import type { Outgoing } from '../mail/outgoing.js';
import type { OrganisationRepository } from '../organisations/organisation-repository.js';
import type { makeAcceptInvitation } from './accept-invitation.js';
import type { Invitation, InvitationRepository } from './invitation-repository.js';
import type { makeInvite } from './invite.js';
import { keysetPage } from './keyset-page.js';
import { hashToken } from './link-token.js';
import { currentRole, requireRightOver } from './member-rules.js';
import { originOf, setCookies } from './origin.js';
import type { PersonRepository } from './person-repository.js';
import { arrivedView } from './session-routes.js';

export interface InvitationRoutesDeps {
  sql: Sql;
  people: PersonRepository;
  invitations: InvitationRepository;
  organisations: OrganisationRepository;
  cursors: Cursors;
  clock: Clock;
  outgoing: Outgoing;
  invite: ReturnType<typeof makeInvite>;
  acceptInvitation: ReturnType<typeof makeAcceptInvitation>;
}

const invitationView = ({ id, email, role, createdAt, expiresAt, invitedBy }: Invitation): z.input<typeof invitationSchema> => ({ id, email, role, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString(), invitedBy });

export function invitationRoutes({ sql, people, invitations, organisations, cursors, clock, outgoing, invite, acceptInvitation }: InvitationRoutesDeps): OwnRoute[] {
  return [
    organisationRoute(peopleEndpoints.listInvitations, async ({ query }, { orgId }) => {
      const { rows, nextCursor, hasMore } = await keysetPage(cursors, `invitations ${orgId}`, query, (after, limit) => invitations.list(sql, orgId, clock.now(), after, limit));
      return { invitations: rows.map(invitationView), nextCursor, hasMore };
    }),
    organisationRoute(peopleEndpoints.createInvitation, async ({ body: { email, role } }, principal) => {
      const { invitation, acceptUrl, organisationName } = await invite({
        ...{ orgId: principal.orgId, email, role, invitedBy: principal.name },
        check: async (tx) => {
          requireRightOver(await currentRole(tx, people, principal), null, role);
        },
      });
      outgoing.post({ to: email, kind: 'invitation', link: acceptUrl, organisationName, expiresAt: invitation.expiresAt });
      return { invitation: invitationView(invitation), acceptUrl };
    }),
    organisationRoute(peopleEndpoints.deleteInvitation, async ({ params }, principal) => {
      const { orgId } = principal;
      const removed = await inTransaction(sql, async (tx) => {
        requireRightOver(await currentRole(tx, people, principal), null, null);
        return invitations.remove(tx, orgId, params.id, clock.now());
      });
      if (!removed) throw notFound('NOT_FOUND');
      return { deleted: true as const };
    }),
    publicRoute(peopleEndpoints.readInvitation, async ({ body }) => {
      const invitation = await invitations.findByToken(sql, hashToken(body.token), clock.now());
      const organisation = invitation === null ? null : await organisations.find(sql, invitation.orgId);
      if (invitation === null || organisation === null) throw notFound('NOT_FOUND');
      return { organisationName: organisation.name, email: invitation.email, role: invitation.role, expiresAt: invitation.expiresAt.toISOString() };
    }),
    publicRoute(peopleEndpoints.acceptInvitation, async (call) => {
      const arrived = await acceptInvitation(call.body, originOf(call));
      setCookies(call, arrived.session.cookies);
      return arrivedView(arrived);
    }),
  ];
}
