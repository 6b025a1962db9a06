/** Makes a key for an organisation; the text is returned once and kept nowhere. */
import type { ApiKeyScope } from '@migrator/contracts/api/keys';
import { AppError } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import type { Clock } from '@migrator/service-kit/clock';
import type { Secret } from '@migrator/service-kit/config';
import { inTransaction, type Sql, type TransactionSql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { OrganisationRepository } from '../organisations/organisation-repository.js';
import { hashKey, newKeyText } from './api-key.js';
import type { ApiKeyRepository, KeptApiKey } from './api-key-repository.js';

export interface CreateApiKey {
  /** An existing organisation, or the name of one to create with the key. */
  organisation: { id: string } | { name: string };
  name: string;
  scopes: ApiKeyScope[];
  expiresAt: Date | null;
  /** `user:<id>`, `key:<id>` or `operator`. */
  createdBy: string;
  /** Notes the new key in the audit log, in the same transaction; null where the caller has noted it already. */
  note: ((tx: TransactionSql, key: KeptApiKey) => Promise<void>) | null;
}

export interface CreateApiKeyDeps {
  sql: Sql;
  keys: ApiKeyRepository;
  organisations: OrganisationRepository;
  pepper: Secret;
  clock: Clock;
  ids: Ids;
}

/** VALIDATION_ERROR when it would have expired already; NOT_FOUND when there is no such organisation. */
export const makeCreateApiKey =
  ({ sql, keys, organisations, pepper, clock, ids }: CreateApiKeyDeps) =>
  async ({ organisation, name, scopes, expiresAt, createdBy, note }: CreateApiKey): Promise<{ key: KeptApiKey; text: string }> => {
    const now = clock.now();
    if (expiresAt !== null && expiresAt <= now) throw new AppError('VALIDATION_ERROR', { publicMessage: 'The request is not valid.', errors: [{ path: 'expiresAt', message: 'must lie in the future' }] });
    return inTransaction(sql, async (tx) => {
      let orgId: Id<'org'>;
      if ('name' in organisation) {
        orgId = ids.next('org');
        await organisations.insert(tx, { id: orgId, name: organisation.name, createdAt: now });
      } else {
        const found = await organisations.find(tx, organisation.id);
        if (found === null) throw new AppError('NOT_FOUND', { publicMessage: `There is no organisation ${organisation.id}.` });
        orgId = found.id;
      }
      const text = newKeyText();
      const key: KeptApiKey = { id: ids.next('key'), orgId, name, last4: text.slice(-4), scopes, createdBy, createdAt: now, expiresAt, revokedAt: null, lastUsedAt: null };
      await keys.insert(tx, key, hashKey(text, pepper));
      await note?.(tx, key);
      return { key, text };
    });
  };
