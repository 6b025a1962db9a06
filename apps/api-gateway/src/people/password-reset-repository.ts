/** SQL for the links that set a new password. */
import type { Id } from '@migrator/contracts/ids';
import type { Queryable } from '@migrator/service-kit/database';

export class PasswordResetRepository {
  async insert(sql: Queryable, userId: Id<'usr'>, tokenHash: Buffer, expiresAt: Date): Promise<void> {
    await sql`insert into gateway.password_resets (token_hash, user_id, expires_at) values (${tokenHash}, ${userId}, ${expiresAt})`;
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
