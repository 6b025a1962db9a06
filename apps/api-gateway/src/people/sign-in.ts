/** Opens a session for a person who knows their password. */
import { AppError } from '@migrator/contracts/errors';
import type { Sql } from '@migrator/service-kit/database';
import type { AuditLog } from '../audit/audit-log.js';
import type { OrganisationRepository } from '../organisations/organisation-repository.js';
import { networkOf, type AttemptRule, type Attempts } from './attempts.js';
import type { Credentials } from './credentials/credentials.js';
import { doneBy, type Origin } from './origin.js';
import type { PersonRepository } from './person-repository.js';
import type { Arrived } from './sign-up.js';

export interface SignInDeps {
  sql: Sql;
  credentials: Credentials;
  organisations: OrganisationRepository;
  people: PersonRepository;
  attempts: Attempts;
  audit: AuditLog;
  /** Counts wrong passwords and unknown addresses. */
  onFailed: () => void;
}

const quarterHourMs = 15 * 60_000;
/** Wrong passwords for one address from one place. */
const byPerson: AttemptRule = { name: 'sign-in', max: 5, windowMs: quarterHourMs };
/** Wrong passwords for one address from anywhere: many places together guess no faster. Far above what one place may, so that none alone can lock a person out. */
export const byAccount: AttemptRule = { name: 'sign-in to', max: 50, windowMs: quarterHourMs };
/** Wrong passwords from one place for any address. */
const byPlace: AttemptRule = { name: 'sign-in from', max: 100, windowMs: quarterHourMs };

/** UNAUTHORIZED alike for a wrong address and a wrong password; RATE_LIMITED after too many of them. */
export const makeSignIn =
  ({ sql, credentials, organisations, people, attempts, audit, onFailed }: SignInDeps) =>
  async ({ email, password }: { email: string; password: string }, origin: Origin): Promise<Arrived> => {
    const place = networkOf(origin.address);
    const subject = `${place}\n${email}`;
    // Counted before the password is looked at: guesses made at the same moment count too.
    await attempts.take(byPlace, place);
    await attempts.take(byPerson, subject);
    await attempts.take(byAccount, email);
    const session = await credentials.signIn({ email, password }, origin.browser);
    const person = session === null ? null : await people.find(sql, session.userId);
    const organisation = person === null ? null : await organisations.find(sql, person.orgId);
    if (session === null || person === null || organisation === null) {
      onFailed();
      throw new AppError('UNAUTHORIZED', { publicMessage: 'The address or the password is wrong.' });
    }
    await attempts.giveBack(byPlace, place);
    await attempts.giveBack(byAccount, email);
    await attempts.forgive(byPerson, subject);
    await audit.record(sql, doneBy({ userId: person.id, email, orgId: person.orgId }, origin, 'person.signed_in', person.id));
    return { person, organisation, session };
  };
