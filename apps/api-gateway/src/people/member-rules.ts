/** Who may make, change or remove whom. */
import type { Role } from '@migrator/contracts/api/people';
import { AppError } from '@migrator/contracts/errors';
import type { Queryable } from '@migrator/service-kit/database';
import type { Principal } from '../access/principal.js';
import type { Person, PersonRepository } from './person-repository.js';

/** Only owners make, change or remove owners: FORBIDDEN. `from` is the role now (null: not a member yet), `to` the role then (null: none). */
export function requireRightOver(actor: Role, from: Role | null, to: Role | null): void {
  if (actor !== 'owner' && actor !== 'admin') throw new AppError('FORBIDDEN', { publicMessage: 'Only owners and admins manage people.' });
  if (actor !== 'owner' && (from === 'owner' || to === 'owner')) throw new AppError('FORBIDDEN', { publicMessage: 'Only an owner can make, change or remove owners.' });
}

/** An organisation is never left without an owner: CONFLICT. */
export function requireOwnerLeft(from: Role, to: Role | null, owners: number): void {
  if (from === 'owner' && to !== 'owner' && owners <= 1) throw new AppError('CONFLICT', { publicMessage: 'The last owner stays. Make somebody else an owner first.' });
}

/** The role that the caller has at this moment: what was remembered of them may be a few seconds old. UNAUTHORIZED when they are no member any more. */
export async function currentRole(sql: Queryable, people: PersonRepository, principal: Principal): Promise<Role> {
  if (principal.kind === 'key') return principal.role;
  const person: Person | null = await people.find(sql, principal.userId);
  if (person?.orgId !== principal.orgId) throw new AppError('UNAUTHORIZED', { publicMessage: 'The session has ended.' });
  return person.role;
}
