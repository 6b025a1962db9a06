/** GET and PATCH /v1/organisation. */
import { peopleEndpoints } from '@migrator/contracts/endpoints/people';
import { notFound } from '@migrator/contracts/errors';
import type { Sql } from '@migrator/service-kit/database';
import { organisationRoute, type OwnRoute } from '../http/own-route.js';
import type { AccessChanged } from '../people/access-changed.js';
import type { OrganisationRepository } from './organisation-repository.js';
import { organisationView } from './organisation-view.js';

export function organisationRoutes({ sql, organisations, onAccessChanged }: { sql: Sql; organisations: OrganisationRepository; onAccessChanged: AccessChanged }): OwnRoute[] {
  return [
    organisationRoute(peopleEndpoints.getOrganisation, async (_call, { orgId }) => {
      const organisation = await organisations.find(sql, orgId);
      if (organisation === null) throw notFound('NOT_FOUND');
      return { organisation: organisationView(organisation) };
    }),
    organisationRoute(peopleEndpoints.changeOrganisation, async ({ body }, { orgId }) => {
      const organisation = await organisations.rename(sql, orgId, body.name);
      if (organisation === null) throw notFound('NOT_FOUND');
      onAccessChanged({ orgId, what: 'organisation' });
      return { organisation: organisationView(organisation) };
    }),
  ];
}
