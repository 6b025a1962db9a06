/** Creates an organisation and its first owner, both or neither. */
import { AppError } from '@migrator/contracts/errors';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { AuditLog } from '../audit/audit-log.js';
import type { Organisation, OrganisationRepository } from '../organisations/organisation-repository.js';
import { networkOf, type AttemptRule, type Attempts } from './attempts.js';
import type { Credentials, OpenedSession } from './credentials/credentials.js';
import { doneBy, type Origin } from './origin.js';
import type { Person, PersonRepository } from './person-repository.js';

export interface SignUp {
  organisationName: string;
  name: string;
  email: string;
  password: string;
}

/** Who has just come in, with the session that was opened for them. */
export interface Arrived {
  person: Person;
  organisation: Organisation;
  session: OpenedSession;
}

export interface SignUpDeps {
  sql: Sql;
  credentials: Credentials;
  organisations: OrganisationRepository;
  people: PersonRepository;
  attempts: Attempts;
  audit: AuditLog;
  clock: Clock;
  ids: Ids;
  /** Who may: anybody, only whoever makes the first organisation, or nobody. */
  signUp: 'open' | 'first' | 'closed';
}

/** Holds back those who try which addresses have an account. */
const rule: AttemptRule = { name: 'sign-up from', max: 20, windowMs: 3_600_000 };
const closed = (): AppError => new AppError('FORBIDDEN', { publicMessage: 'Sign-up is closed. Ask an owner or admin of your organisation for an invitation.' });

/** FORBIDDEN while sign-up is closed; CONFLICT when the address has an account; RATE_LIMITED. */
export const makeSignUp =
  ({ sql, credentials, organisations, people, attempts, audit, clock, ids, signUp }: SignUpDeps) =>
  async ({ organisationName, name, email, password }: SignUp, origin: Origin): Promise<Arrived> => {
    if (signUp === 'closed') throw closed();
    await attempts.take(rule, networkOf(origin.address));
    return inTransaction(sql, async (tx) => {
      if (signUp === 'first') {
        await tx`select pg_advisory_xact_lock(hashtextextended('gateway first sign-up', 0))`;
        if (await organisations.exist(tx)) throw closed();
      }
      const now = clock.now();
      const session = await credentials.signUp(tx, { email, name, password }, origin.browser);
      const organisation = await organisations.insert(tx, { id: ids.next('org'), name: organisationName, createdAt: now });
      const person: Person = { id: session.userId, orgId: organisation.id, email, name, role: 'owner', createdAt: now, lastSeenAt: now };
      await people.join(tx, person);
      await audit.record(tx, doneBy({ userId: person.id, email, orgId: organisation.id }, origin, 'organisation.created', organisation.id));
      return { person, organisation, session };
    });
  };
