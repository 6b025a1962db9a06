/** A new password for a person who is signed in and knows the current one. */
import { AppError } from '@migrator/contracts/errors';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { PersonPrincipal } from '../access/principal.js';
import type { AccessChanged } from './access-changed.js';
import type { AttemptRule, Attempts } from './attempts.js';
import type { Credentials } from './credentials/credentials.js';
import type { Origin } from './origin.js';
import type { PasswordResetRepository } from './password-reset-repository.js';

/** For whoever found a browser that was left signed in. */
const rule: AttemptRule = { name: 'change-password', max: 5, windowMs: 15 * 60_000 };

export interface ChangePasswordDeps {
  sql: Sql;
  credentials: Credentials;
  resets: PasswordResetRepository;
  attempts: Attempts;
  onAccessChanged: AccessChanged;
}

/** Ends every session of the person and opens a new one for this browser; its cookies. VALIDATION_ERROR when the current password is wrong; RATE_LIMITED. */
export const makeChangePassword =
  ({ sql, credentials, resets, attempts, onAccessChanged }: ChangePasswordDeps) =>
  async (person: PersonPrincipal, change: { currentPassword: string; newPassword: string }, origin: Origin): Promise<string[]> => {
    await attempts.take(rule, person.userId);
    const cookies = await inTransaction(sql, async (tx) => {
      const changed = await credentials.changePassword(tx, person.userId, change, origin.browser);
      if (changed === null) throw new AppError('VALIDATION_ERROR', { publicMessage: 'The current password is wrong.', errors: [{ path: 'currentPassword', message: 'is wrong' }] });
      await resets.removeAll(tx, person.userId);
      return changed;
    });
    await attempts.forgive(rule, person.userId);
    onAccessChanged({ orgId: person.orgId, what: 'session' });
    return cookies;
  };
