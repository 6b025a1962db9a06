/** SQL for invitations. */
import type { Role } from '@migrator/contracts/api/people';
import type { Id } from '@migrator/contracts/ids';
import type { Queryable } from '@migrator/service-kit/database';

export interface Invitation {
  id: Id<'inv'>;
  orgId: Id<'org'>;
  email: string;
  role: Role;
  invitedBy: string;
  createdAt: Date;
  expiresAt: Date;
}

interface Row {
  id: Id<'inv'>;
  org_id: Id<'org'>;
  email: string;
  role: Role;
  invited_by: string;
  created_at: Date;
  expires_at: Date;
}

const toInvitation = (row: Row): Invitation => ({ id: row.id, orgId: row.org_id, email: row.email, role: row.role, invitedBy: row.invited_by, createdAt: row.created_at, expiresAt: row.expires_at });

export class InvitationRepository {
  /** An earlier invitation of the organisation to the same address ends. */
  async replace(sql: Queryable, invitation: Invitation, tokenHash: Buffer): Promise<void> {
    const { id, orgId, email, role, invitedBy, createdAt, expiresAt } = invitation;
    await sql`insert into gateway.invitations (id, org_id, email, role, token_hash, invited_by, created_at, expires_at) values (${id}, ${orgId}, ${email}, ${role}, ${tokenHash}, ${invitedBy}, ${createdAt}, ${expiresAt})
      on conflict (org_id, email) do update set id = excluded.id, role = excluded.role, token_hash = excluded.token_hash, invited_by = excluded.invited_by, created_at = excluded.created_at, expires_at = excluded.expires_at`;
  }

  /** Those that can still be accepted, newest first. */
  async list(sql: Queryable, orgId: Id<'org'>, now: Date, after: { createdAt: Date; id: string } | null, limit: number): Promise<Invitation[]> {
    const rows = await sql<Row[]>`select id, org_id, email, role, invited_by, created_at, expires_at from gateway.invitations
      where org_id = ${orgId} and expires_at > ${now} ${after === null ? sql`` : sql`and (created_at, id) < (${after.createdAt}, ${after.id})`} order by created_at desc, id desc limit ${limit}`;
    return rows.map(toInvitation);
  }

  async findByToken(sql: Queryable, tokenHash: Buffer, now: Date): Promise<Invitation | null> {
    const [row] = await sql<Row[]>`select id, org_id, email, role, invited_by, created_at, expires_at from gateway.invitations where token_hash = ${tokenHash} and expires_at > ${now}`;
    return row === undefined ? null : toInvitation(row);
  }

  /** Uses the invitation up; null when it is unknown, used, replaced or too old. Of two at once only one gets it. */
  async consume(sql: Queryable, tokenHash: Buffer, now: Date): Promise<Invitation | null> {
    const [row] = await sql<Row[]>`delete from gateway.invitations where token_hash = ${tokenHash} and expires_at > ${now} returning id, org_id, email, role, invited_by, created_at, expires_at`;
    return row === undefined ? null : toInvitation(row);
  }

  /** Takes back what a person invited and, as what they are now (null: no member), could not invite any more. */
  async removeBeyond(sql: Queryable, orgId: Id<'org'>, invitedBy: string, role: Role | null): Promise<void> {
    if (role === 'owner') return;
    await sql`delete from gateway.invitations where org_id = ${orgId} and invited_by = ${invitedBy} ${role === 'admin' ? sql`and role = 'owner'` : sql``}`;
  }

  /** False when the organisation has no such invitation that waits. */
  async remove(sql: Queryable, orgId: Id<'org'>, id: Id<'inv'>, now: Date): Promise<boolean> {
    return (await sql`delete from gateway.invitations where id = ${id} and org_id = ${orgId} and expires_at > ${now}`).count === 1;
  }
}
