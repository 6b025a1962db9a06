/** Makes a key for an organisation; the text is returned once and kept nowhere. */
import type { ApiKeyScope } from '@migrator/contracts/api/keys';
import { AppError } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import type { Clock } from '@migrator/service-kit/clock';
import type { Secret } from '@migrator/service-kit/config';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { OrganisationRepository } from '../organisations/organisation-repository.js';
import { hashKey, newKeyText, type ApiKey } from './api-key.js';
import type { ApiKeyRepository } from './api-key-repository.js';

export interface CreateApiKey {
  /** An existing organisation, or the name of one to create with the key. */
  organisation: { id: string } | { name: string };
  name: string;
  scopes: ApiKeyScope[];
  expiresAt: Date | null;
}

export interface CreateApiKeyDeps {
  sql: Sql;
  keys: ApiKeyRepository;
  organisations: OrganisationRepository;
  pepper: Secret;
  clock: Clock;
  ids: Ids;
}

export const makeCreateApiKey =
  ({ sql, keys, organisations, pepper, clock, ids }: CreateApiKeyDeps) =>
  (command: CreateApiKey): Promise<{ key: ApiKey; text: string }> =>
    inTransaction(sql, async (tx) => {
      const now = clock.now();
      let orgId: Id<'org'>;
      if ('name' in command.organisation) {
        orgId = ids.next('org');
        await organisations.insert(tx, { id: orgId, name: command.organisation.name, createdAt: now });
      } else {
        const organisation = await organisations.find(tx, command.organisation.id);
        if (organisation === null) throw new AppError('NOT_FOUND', { publicMessage: `There is no organisation ${command.organisation.id}.` });
        orgId = organisation.id;
      }
      const text = newKeyText();
      const key: ApiKey = { id: ids.next('key'), orgId, name: command.name, last4: text.slice(-4), scopes: command.scopes, createdAt: now, expiresAt: command.expiresAt, revokedAt: null };
      await keys.insert(tx, key, hashKey(text, pepper));
      return { key, text };
    });
