/** People, keys, the organisation and the audit log: everything of the gateway that is about who may do what, put together. */
import type { Clock } from '@migrator/service-kit/clock';
import type { Secret } from '@migrator/service-kit/config';
import { createCursors } from '@migrator/service-kit/cursors';
import type { Sql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { Logger } from '@migrator/service-kit/logger';
import { ApiKeyRepository } from '../api-keys/api-key-repository.js';
import { apiKeyRoutes } from '../api-keys/api-key-routes.js';
import { makeCreateApiKey } from '../api-keys/create-api-key.js';
import type { AuditLog } from '../audit/audit-log.js';
import { createAuditReader } from '../audit/audit-reader.js';
import { auditRoutes } from '../audit/audit-routes.js';
import type { OwnRoute } from '../http/own-route.js';
import { createLogMailer, createNoMailer } from '../mail/log-mailer.js';
import type { Mailer } from '../mail/mailer.js';
import { createOutgoing } from '../mail/outgoing.js';
import { createSmtpMailer } from '../mail/smtp-mailer.js';
import { OrganisationRepository } from '../organisations/organisation-repository.js';
import { organisationRoutes } from '../organisations/organisation-routes.js';
import { makeAcceptInvitation } from './accept-invitation.js';
import type { AccessChanged } from './access-changed.js';
import { createAttempts } from './attempts.js';
import { makeChangeRole, makeRemoveMember } from './change-members.js';
import { makeChangePassword } from './change-password.js';
import { createCredentials } from './credentials/credentials.js';
import { startHousekeeping } from './housekeeping.js';
import { InvitationRepository } from './invitation-repository.js';
import { invitationRoutes } from './invitation-routes.js';
import { makeInvite } from './invite.js';
import { memberRoutes } from './member-routes.js';
import { PasswordResetRepository } from './password-reset-repository.js';
import { PersonRepository } from './person-repository.js';
import { makeForgotPassword, makeResetPassword } from './reset-password.js';
import { sessionRoutes } from './session-routes.js';
import { createSessions, type Sessions } from './sessions.js';
import { makeSignIn } from './sign-in.js';
import { makeSignUp } from './sign-up.js';

export interface MailConfig {
  /** smtp(s)://user:password@host:port. Without it links are not sent. */
  smtpUrl: Secret | undefined;
  from: string | undefined;
  /** Links stand in the log instead. For the local stack only. */
  linksInLog: boolean;
}

export interface PeopleConfig {
  /** Where people reach the platform; links begin with it. */
  publicUrl: string;
  /** 32 bytes in base64: signs session cookies; changing it signs everybody out. */
  sessionSecret: Secret;
  signUp: 'open' | 'first' | 'closed';
  mail: MailConfig;
}

export interface PeopleDeps {
  sql: Sql;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  audit: AuditLog;
  /** Keys the hash of API keys. */
  pepper: Secret;
  /** Signs cursors. */
  signingKey: Secret;
  config: PeopleConfig;
  /** Called after a key, session, member or organisation changed, so that every instance forgets what it remembers of it. */
  onAccessChanged: AccessChanged;
  /** Counts sign-ins that failed. */
  onSignInFailed?: () => void;
}

export interface People {
  routes: OwnRoute[];
  sessions: Sessions;
  /** Resolves when the messages posted so far are on their way. */
  settled(): Promise<void>;
  /** Waits for messages that are being sent. */
  close(): Promise<void>;
}

function mailerOf({ smtpUrl, from, linksInLog }: MailConfig, logger: Logger): Mailer {
  if (linksInLog) return createLogMailer(logger);
  return smtpUrl === undefined || from === undefined ? createNoMailer(logger) : createSmtpMailer({ url: smtpUrl, from });
}

export function createPeople({ sql, clock, ids, logger, audit, pepper, signingKey, config, onAccessChanged, onSignInFailed = () => undefined }: PeopleDeps): People {
  const { publicUrl, sessionSecret } = config;
  const people = new PersonRepository();
  const organisations = new OrganisationRepository();
  const invitations = new InvitationRepository();
  const resets = new PasswordResetRepository();
  const keys = new ApiKeyRepository();
  const credentials = createCredentials({ sql, ids, logger, publicUrl, sessionSecret });
  const attempts = createAttempts({ sql, clock, key: sessionSecret });
  const cursors = createCursors(signingKey, 'api-gateway cursors');
  const outgoing = createOutgoing(mailerOf(config.mail, logger), logger);
  const housekeeping = startHousekeeping({ sql, clock, logger });
  const members = { sql, people, organisations, invitations, onAccessChanged };
  return {
    routes: [
      ...sessionRoutes({
        ...{ sql, credentials, people, organisations, audit, onAccessChanged },
        signUp: makeSignUp({ sql, credentials, organisations, people, attempts, audit, clock, ids, signUp: config.signUp }),
        signIn: makeSignIn({ sql, credentials, organisations, people, attempts, audit, onFailed: onSignInFailed }),
        forgotPassword: makeForgotPassword({ sql, resets, people, organisations, attempts, outgoing, clock, ids, publicUrl }),
        resetPassword: makeResetPassword({ sql, resets, people, credentials, audit, clock, onAccessChanged }),
        changePassword: makeChangePassword({ sql, credentials, resets, attempts, onAccessChanged }),
      }),
      ...memberRoutes({ sql, people, cursors, changeRole: makeChangeRole(members), removeMember: makeRemoveMember(members) }),
      ...invitationRoutes({
        ...{ sql, people, invitations, organisations, cursors, clock, outgoing },
        invite: makeInvite({ sql, invitations, people, organisations, clock, ids, publicUrl }),
        acceptInvitation: makeAcceptInvitation({ sql, credentials, invitations, people, organisations, attempts, audit, clock }),
      }),
      ...organisationRoutes({ sql, organisations, onAccessChanged }),
      ...apiKeyRoutes({ sql, keys, people, clock, cursors, createApiKey: makeCreateApiKey({ sql, keys, organisations, pepper, clock, ids }), onAccessChanged }),
      ...auditRoutes({ reader: createAuditReader(sql), cursors }),
    ],
    sessions: createSessions({ sql, credentials, people, clock }),
    settled: () => outgoing.settled(),
    close: async () => {
      await Promise.all([housekeeping.stop(), outgoing.settled()]);
    },
  };
}
