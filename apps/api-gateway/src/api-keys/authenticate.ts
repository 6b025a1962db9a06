/** From an `Authorization` header to the identity that services see. Every way to fail answers alike. */
import { AppError } from '@migrator/contracts/errors';
import type { InternalIdentity } from '@migrator/contracts/identity';
import type { Clock } from '@migrator/service-kit/clock';
import type { Secret } from '@migrator/service-kit/config';
import type { Sql } from '@migrator/service-kit/database';
import type { Logger } from '@migrator/service-kit/logger';
import { hashKey, isUsable, keyFromHeader, type ApiKey } from './api-key.js';
import type { ApiKeyRepository } from './api-key-repository.js';

export interface AuthenticateDeps {
  sql: Sql;
  keys: ApiKeyRepository;
  pepper: Secret;
  clock: Clock;
  logger: Logger;
}

export type Authenticate = (authorization: string | undefined, requestId: string) => Promise<InternalIdentity & { org: `org_${string}` }>;

const unauthorized = (): AppError => new AppError('UNAUTHORIZED', { publicMessage: 'A valid API key is required: Authorization: Bearer tmk_live_…' });

export const makeAuthenticate = ({ sql, keys, pepper, clock, logger }: AuthenticateDeps): Authenticate => {
  return async (authorization, requestId) => {
    const text = keyFromHeader(authorization);
    if (text === null) throw unauthorized();
    let key: ApiKey | null;
    try {
      key = await keys.findByHash(sql, hashKey(text, pepper));
    } catch (cause) {
      throw new AppError('SERVICE_UNAVAILABLE', { publicMessage: 'API keys cannot be checked right now.', retryAfterSeconds: 2, cause });
    }
    if (key === null || !isUsable(key, clock.now())) throw unauthorized();
    keys.touch(sql, key.id, clock.now()).catch((error: unknown) => {
      logger.warn({ err: error }, 'the last use of a key could not be noted');
    });
    return { org: key.orgId, actor: `key:${key.id}`, role: 'operator', scopes: key.scopes, requestId };
  };
};
