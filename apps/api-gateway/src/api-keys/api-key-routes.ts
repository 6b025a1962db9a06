/** /v1/api-keys. The listener has noted changes in the audit log before they come here. */
import type { ApiKeyScope, apiKeySchema } from '@migrator/contracts/api/keys';
import { scopesOfRole } from '@migrator/contracts/api/people';
import { peopleEndpoints } from '@migrator/contracts/endpoints/people';
import { AppError, notFound } from '@migrator/contracts/errors';
import type { Clock } from '@migrator/service-kit/clock';
import type { Cursors } from '@migrator/service-kit/cursors';
import type { Sql } from '@migrator/service-kit/database';
import type { z } from 'zod';
import { actorOf } from '../access/principal.js';
import { organisationRoute, type OwnRoute } from '../http/own-route.js';
import type { AccessChanged } from '../people/access-changed.js';
import { keysetPage } from '../people/keyset-page.js';
import { currentRole } from '../people/member-rules.js';
import type { PersonRepository } from '../people/person-repository.js';
import type { ApiKeyRepository, KeptApiKey } from './api-key-repository.js';
import type { makeCreateApiKey } from './create-api-key.js';

export interface ApiKeyRoutesDeps {
  sql: Sql;
  keys: ApiKeyRepository;
  people: PersonRepository;
  clock: Clock;
  cursors: Cursors;
  createApiKey: ReturnType<typeof makeCreateApiKey>;
  onAccessChanged: AccessChanged;
}

const time = (at: Date | null): string | null => at?.toISOString() ?? null;
const keyView = ({ id, name, last4, scopes, createdAt, createdBy, expiresAt, lastUsedAt, revokedAt }: KeptApiKey): z.input<typeof apiKeySchema> => ({
  id, name, last4, scopes, createdAt: createdAt.toISOString(), createdBy, expiresAt: time(expiresAt), lastUsedAt: time(lastUsedAt), revokedAt: time(revokedAt),
});

export function apiKeyRoutes({ sql, keys, people, clock, cursors, createApiKey, onAccessChanged }: ApiKeyRoutesDeps): OwnRoute[] {
  return [
    organisationRoute(peopleEndpoints.listApiKeys, async ({ query }, { orgId }) => {
      const { rows, nextCursor, hasMore } = await keysetPage(cursors, `api-keys ${orgId}`, query, (after, limit) => keys.list(sql, orgId, after, limit));
      return { apiKeys: rows.map(keyView), nextCursor, hasMore };
    }),
    organisationRoute(peopleEndpoints.createApiKey, async ({ body: { name, scopes, expiresAt } }, principal) => {
      // A key outlives what is remembered of whoever makes it.
      const held: readonly ApiKeyScope[] = principal.kind === 'key' ? principal.scopes : scopesOfRole[await currentRole(sql, people, principal)];
      if (!held.includes('admin') || !scopes.every((scope) => held.includes(scope))) throw new AppError('FORBIDDEN', { publicMessage: 'A key cannot have more scopes than the one who makes it.' });
      const { key, text } = await createApiKey({ organisation: { id: principal.orgId }, name, scopes, expiresAt: expiresAt === undefined ? null : new Date(expiresAt), createdBy: actorOf(principal), note: null });
      return { apiKey: keyView(key), key: text };
    }),
    organisationRoute(peopleEndpoints.revokeApiKey, async ({ params }, { orgId }) => {
      const key = await keys.revoke(sql, params.id, clock.now(), orgId);
      if (key === null) throw notFound('NOT_FOUND');
      onAccessChanged({ orgId, what: 'key' });
      return { apiKey: keyView(key) };
    }),
  ];
}
