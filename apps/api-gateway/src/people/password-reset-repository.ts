/** SQL for the links that set a new password. */
import type { Id } from '@migrator/contracts/ids';
import type { Queryable } from '@migrator/service-kit/database';

export class PasswordResetRepository {
  /** One statement, whether or not somebody has that address; whose it is, or null. */
  async insert(sql: Queryable, email: string, tokenHash: Buffer, expiresAt: Date): Promise<Id<'usr'> | null> {
    const [row] = await sql<{ user_id: Id<'usr'> }[]>`insert into gateway.password_resets (token_hash, user_id, expires_at)
      select ${tokenHash}, u.id, ${expiresAt} from gateway.users u where u.email = ${email} returning user_id`;
    return row?.user_id ?? null;
  }

  /** Uses the link up; null when it is unknown, used or too old. Of two at once only one gets it. */
  async consume(sql: Queryable, tokenHash: Buffer, now: Date): Promise<Id<'usr'> | null> {
    const [row] = await sql<{ user_id: Id<'usr'> }[]>`delete from gateway.password_resets where token_hash = ${tokenHash} and expires_at > ${now} returning user_id`;
    return row?.user_id ?? null;
  }

  async removeAll(sql: Queryable, userId: Id<'usr'>): Promise<void> {
    await sql`delete from gateway.password_resets where user_id = ${userId}`;
  }
}
