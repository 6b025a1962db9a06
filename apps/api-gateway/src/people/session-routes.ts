/** Signing up, in and out, passwords, and who is signed in. */
import { peopleEndpoints } from '@migrator/contracts/endpoints/people';
import { AppError } from '@migrator/contracts/errors';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { AuditLog } from '../audit/audit-log.js';
import { personRoute, publicRoute, type OwnRoute } from '../http/own-route.js';
import type { OrganisationRepository } from '../organisations/organisation-repository.js';
import { organisationView } from '../organisations/organisation-view.js';
import type { AccessChanged } from './access-changed.js';
import type { makeChangePassword } from './change-password.js';
import type { Credentials } from './credentials/credentials.js';
import { doneBy, originOf, setCookies } from './origin.js';
import type { PersonRepository } from './person-repository.js';
import type { makeForgotPassword, makeResetPassword } from './reset-password.js';
import type { makeSignIn } from './sign-in.js';
import type { Arrived, makeSignUp } from './sign-up.js';

export interface SessionRoutesDeps {
  sql: Sql;
  credentials: Credentials;
  people: PersonRepository;
  organisations: OrganisationRepository;
  audit: AuditLog;
  signUp: ReturnType<typeof makeSignUp>;
  signIn: ReturnType<typeof makeSignIn>;
  forgotPassword: ReturnType<typeof makeForgotPassword>;
  resetPassword: ReturnType<typeof makeResetPassword>;
  changePassword: ReturnType<typeof makeChangePassword>;
  onAccessChanged: AccessChanged;
}

/** Somebody who came in, as the contract has it. */
export const arrivedView = ({ person: { id, email, name, role }, organisation, session }: Omit<Arrived, 'session'> & { session: { expiresAt: Date } }) => ({
  user: { id, email, name, role },
  organisation: organisationView(organisation),
  expiresAt: session.expiresAt.toISOString(),
});

const ended = (): AppError => new AppError('UNAUTHORIZED', { publicMessage: 'The session has ended.' });

export function sessionRoutes({ sql, credentials, people, organisations, audit, signUp, signIn, forgotPassword, resetPassword, changePassword, onAccessChanged }: SessionRoutesDeps): OwnRoute[] {
  return [
    publicRoute(peopleEndpoints.signUp, async (call) => {
      const arrived = await signUp(call.body, originOf(call));
      setCookies(call, arrived.session.cookies);
      return arrivedView(arrived);
    }),
    publicRoute(peopleEndpoints.signIn, async (call) => {
      const arrived = await signIn(call.body, originOf(call));
      setCookies(call, arrived.session.cookies);
      return arrivedView(arrived);
    }),
    personRoute(peopleEndpoints.signOut, async (call, { userId, orgId, name, sessionId }) => {
      const origin = originOf(call);
      const cookies = await inTransaction(sql, async (tx) => {
        const forget = await credentials.signOut(tx, origin.browser);
        // Not left to the cookie alone: the session that made this call is over, whatever the library found.
        await tx`delete from gateway.sessions where id = ${sessionId}`;
        await audit.record(tx, doneBy({ userId, email: name, orgId }, origin, 'person.signed_out', userId));
        return forget;
      });
      onAccessChanged({ orgId, what: 'session' });
      setCookies(call, cookies);
      return { signedOut: true as const };
    }),
    personRoute(peopleEndpoints.getSession, async (call, { userId }) => {
      const renewed = await credentials.renew(originOf(call).browser);
      const person = await people.find(sql, userId);
      const organisation = person === null ? null : await organisations.find(sql, person.orgId);
      if (renewed === null || person === null || organisation === null) throw ended();
      setCookies(call, renewed.cookies);
      return arrivedView({ person, organisation, session: renewed });
    }),
    publicRoute(peopleEndpoints.forgotPassword, async (call) => {
      await forgotPassword(call.body.email, originOf(call));
      return { accepted: true as const };
    }),
    publicRoute(peopleEndpoints.resetPassword, async (call) => {
      await resetPassword(call.body, originOf(call));
      return { changed: true as const };
    }),
    personRoute(peopleEndpoints.changePassword, async (call, person) => {
      setCookies(call, await changePassword(person, call.body, originOf(call)));
      return { changed: true as const };
    }),
  ];
}
