/** Answers a worker who the people and groups it met are at the destination. */
import { AppError } from '@migrator/contracts/errors';
import type { IdentitiesAnswer } from '@migrator/contracts/internal';
import type { Sql } from '@migrator/service-kit/database';
import { fold } from '../matching/candidate.js';
import { findMapOfUnit, listIdentities } from './identity-repository.js';

/** One entry per name, in the order asked. NOT_FOUND without such a unit; CONFLICT when its job does not ask for identities, or a tenant is gone. */
export const makeReadIdentities =
  ({ sql }: { sql: Sql }) =>
  async ({ unitId, names }: { unitId: string; names: readonly string[] }): Promise<IdentitiesAnswer> => {
    const found = await findMapOfUnit(sql, unitId);
    if (found === null) throw new AppError('NOT_FOUND', { publicMessage: 'There is no such unit.' });
    if (found.mapId === null) throw new AppError('CONFLICT', { publicMessage: 'It is not known who the people of the source are at the destination.' });
    const known = await listIdentities(sql, found.mapId, names.map(fold));
    return { identities: names.map((name) => ({ name, ...(known.get(fold(name)) ?? { source: null, dest: null, how: 'unknown' as const }) })) };
  };
