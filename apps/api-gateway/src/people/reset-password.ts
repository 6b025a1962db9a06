/** A new password for those who lost theirs: by a link that works once, within an hour. */
import { AppError } from '@migrator/contracts/errors';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { AuditLog } from '../audit/audit-log.js';
import type { Outgoing } from '../mail/outgoing.js';
import type { OrganisationRepository } from '../organisations/organisation-repository.js';
import type { AccessChanged } from './access-changed.js';
import { networkOf, type AttemptRule, type Attempts } from './attempts.js';
import type { Credentials } from './credentials/credentials.js';
import { hashToken, newLinkToken } from './link-token.js';
import { doneBy, type Origin } from './origin.js';
import type { PasswordResetRepository } from './password-reset-repository.js';
import type { PersonRepository } from './person-repository.js';

/** How long the link works. */
export const resetMs = 3_600_000;
export const resetLink = (publicUrl: string, token: string): string => `${publicUrl.replace(/\/+$/, '')}/reset-password#${token}`;

const hourMs = 3_600_000;
const byPlaceAndAddress: AttemptRule = { name: 'forgot', max: 5, windowMs: hourMs };
/** From anywhere: nobody's mailbox is filled. */
const byAddress: AttemptRule = { name: 'forgot for', max: 20, windowMs: hourMs };
const byPlace: AttemptRule = { name: 'forgot from', max: 60, windowMs: hourMs };

export interface ForgotPasswordDeps {
  sql: Sql;
  resets: PasswordResetRepository;
  people: PersonRepository;
  organisations: OrganisationRepository;
  attempts: Attempts;
  outgoing: Outgoing;
  clock: Clock;
  ids: Ids;
  publicUrl: string;
}

/** Sends a link when somebody has that address. The caller cannot tell: whether somebody has it is looked up when they have their answer. RATE_LIMITED. */
export const makeForgotPassword =
  ({ sql, resets, people, organisations, attempts, outgoing, clock, ids, publicUrl }: ForgotPasswordDeps) =>
  async (email: string, origin: Origin): Promise<void> => {
    const place = networkOf(origin.address);
    await attempts.take(byPlace, place);
    await attempts.take(byPlaceAndAddress, `${place}\n${email}`);
    await attempts.take(byAddress, email);
    outgoing.postLater('password reset', async () => {
      const person = await people.findByEmail(sql, email);
      const organisation = person === null ? null : await organisations.find(sql, person.orgId);
      if (person === null || organisation === null) return null;
      const token = newLinkToken(ids);
      const expiresAt = new Date(clock.now().getTime() + resetMs);
      await resets.insert(sql, person.id, hashToken(token), expiresAt);
      return { to: email, kind: 'password reset', link: resetLink(publicUrl, token), organisationName: organisation.name, expiresAt };
    });
  };

export interface ResetPasswordDeps {
  sql: Sql;
  resets: PasswordResetRepository;
  people: PersonRepository;
  credentials: Credentials;
  audit: AuditLog;
  clock: Clock;
  onAccessChanged: AccessChanged;
}

/** Sets the password and ends every session and every other link of the person. VALIDATION_ERROR when the link is used, too old or unknown. */
export const makeResetPassword =
  ({ sql, resets, people, credentials, audit, clock, onAccessChanged }: ResetPasswordDeps) =>
  async ({ token, password }: { token: string; password: string }, origin: Origin): Promise<void> => {
    const orgId = await inTransaction(sql, async (tx) => {
      const userId = await resets.consume(tx, hashToken(token), clock.now());
      const person = userId === null ? null : await people.find(tx, userId);
      if (person === null) throw new AppError('VALIDATION_ERROR', { publicMessage: 'The link is not valid any more. Ask for a new one.', errors: [{ path: 'token', message: 'is not valid any more' }] });
      await credentials.setPassword(tx, person.id, password);
      await resets.removeAll(tx, person.id);
      await audit.record(tx, doneBy({ userId: person.id, email: person.email, orgId: person.orgId }, origin, 'person.password_reset', person.id));
      return person.orgId;
    });
    onAccessChanged({ orgId, what: 'session' });
  };
