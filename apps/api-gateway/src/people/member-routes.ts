/** /v1/members. The listener has noted changes in the audit log before they come here. */
import type { memberSchema } from '@migrator/contracts/api/people';
import { peopleEndpoints } from '@migrator/contracts/endpoints/people';
import type { Cursors } from '@migrator/service-kit/cursors';
import type { Sql } from '@migrator/service-kit/database';
import type { z } from 'zod';
import { organisationRoute, type OwnRoute } from '../http/own-route.js';
import type { makeChangeRole, makeRemoveMember } from './change-members.js';
import { keysetPage } from './keyset-page.js';
import type { Person, PersonRepository } from './person-repository.js';

export interface MemberRoutesDeps {
  sql: Sql;
  people: PersonRepository;
  cursors: Cursors;
  changeRole: ReturnType<typeof makeChangeRole>;
  removeMember: ReturnType<typeof makeRemoveMember>;
}

const memberView = ({ id, email, name, role, createdAt, lastSeenAt }: Person): z.input<typeof memberSchema> => ({ id, email, name, role, createdAt: createdAt.toISOString(), lastSeenAt: lastSeenAt?.toISOString() ?? null });

export function memberRoutes({ sql, people, cursors, changeRole, removeMember }: MemberRoutesDeps): OwnRoute[] {
  return [
    organisationRoute(peopleEndpoints.listMembers, async ({ query }, { orgId }) => {
      const { rows, nextCursor, hasMore } = await keysetPage(cursors, `members ${orgId}`, query, (after, limit) => people.list(sql, orgId, after, limit));
      return { members: rows.map(memberView), nextCursor, hasMore };
    }),
    organisationRoute(peopleEndpoints.changeMember, async ({ params, body }, principal) => ({ member: memberView(await changeRole(principal, params.id, body.role)) })),
    organisationRoute(peopleEndpoints.removeMember, async ({ params }, principal) => {
      await removeMember(principal, params.id);
      return { deleted: true as const };
    }),
  ];
}
