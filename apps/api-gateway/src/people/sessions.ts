/** Whose session a request carries, for every call of the gateway. */
import type { IncomingHttpHeaders } from 'node:http';
import { scopesOfRole } from '@migrator/contracts/api/people';
import type { Clock } from '@migrator/service-kit/clock';
import type { Sql } from '@migrator/service-kit/database';
import type { PersonPrincipal } from '../access/principal.js';
import type { Credentials } from './credentials/credentials.js';
import type { PersonRepository } from './person-repository.js';

export interface Sessions {
  /** The person; null when there is no session, or it has ended. `secure`: the call came by TLS. Rejects when that cannot be looked up. */
  find(headers: Pick<IncomingHttpHeaders, 'cookie'>, secure?: boolean): Promise<PersonPrincipal | null>;
}

export const createSessions = ({ sql, credentials, people, clock }: { sql: Sql; credentials: Credentials; people: PersonRepository; clock: Clock }): Sessions => ({
  find: async (headers, secure = false) => {
    const session = await credentials.find({ headers, secure });
    if (session === null) return null;
    const person = await people.findWithLimit(sql, session.userId);
    if (person === null) return null;
    await people.seen(sql, person, clock.now());
    const { id: userId, orgId, role, email: name, rateLimitPerMinute } = person;
    return { kind: 'person', userId, sessionId: session.sessionId, orgId, role, scopes: scopesOfRole[role], rateLimitPerMinute, name };
  },
});
