/** SQL for people and what they are in their organisation. */
import type { Role } from '@migrator/contracts/api/people';
import type { Id } from '@migrator/contracts/ids';
import type { Queryable } from '@migrator/service-kit/database';
import { rateLimitOf, type Plan } from '../rate-limit/plan.js';

export interface Person {
  id: Id<'usr'>;
  orgId: Id<'org'>;
  email: string;
  name: string;
  role: Role;
  /** When they joined. */
  createdAt: Date;
  lastSeenAt: Date | null;
}

interface Row {
  user_id: Id<'usr'>;
  org_id: Id<'org'>;
  email: string;
  name: string;
  role: Role;
  created_at: Date;
  last_seen_at: Date | null;
}

const toPerson = (row: Row): Person => ({ id: row.user_id, orgId: row.org_id, email: row.email, name: row.name, role: row.role, createdAt: row.created_at, lastSeenAt: row.last_seen_at });
const seenMs = 60_000;

export class PersonRepository {
  async find(sql: Queryable, id: Id<'usr'>): Promise<Person | null> {
    const [row] = await sql<Row[]>`select m.user_id, m.org_id, u.email, u.name, m.role, m.created_at, m.last_seen_at from gateway.members m join gateway.users u on u.id = m.user_id where m.user_id = ${id}`;
    return row === undefined ? null : toPerson(row);
  }

  async findByEmail(sql: Queryable, email: string): Promise<Person | null> {
    const [row] = await sql<Row[]>`select m.user_id, m.org_id, u.email, u.name, m.role, m.created_at, m.last_seen_at from gateway.members m join gateway.users u on u.id = m.user_id where u.email = ${email}`;
    return row === undefined ? null : toPerson(row);
  }

  /** The person and the requests a minute that their organisation may make. */
  async findWithLimit(sql: Queryable, id: Id<'usr'>): Promise<(Person & { rateLimitPerMinute: number }) | null> {
    const [row] = await sql<(Row & { plan: Plan; rate_limit_per_minute: number | null })[]>`
      select m.user_id, m.org_id, u.email, u.name, m.role, m.created_at, m.last_seen_at, o.plan, o.rate_limit_per_minute
      from gateway.members m join gateway.users u on u.id = m.user_id join gateway.organisations o on o.id = m.org_id where m.user_id = ${id}`;
    return row === undefined ? null : { ...toPerson(row), rateLimitPerMinute: rateLimitOf(row.plan, row.rate_limit_per_minute) };
  }

  /** Those who joined last come first. */
  async list(sql: Queryable, orgId: Id<'org'>, after: { createdAt: Date; id: string } | null, limit: number): Promise<Person[]> {
    const rows = await sql<Row[]>`select m.user_id, m.org_id, u.email, u.name, m.role, m.created_at, m.last_seen_at from gateway.members m join gateway.users u on u.id = m.user_id
      where m.org_id = ${orgId} ${after === null ? sql`` : sql`and (m.created_at, m.user_id) < (${after.createdAt}, ${after.id})`} order by m.created_at desc, m.user_id desc limit ${limit}`;
    return rows.map(toPerson);
  }

  async join(sql: Queryable, member: { id: Id<'usr'>; orgId: Id<'org'>; role: Role; createdAt: Date }): Promise<void> {
    await sql`insert into gateway.members (user_id, org_id, role, created_at, last_seen_at) values (${member.id}, ${member.orgId}, ${member.role}, ${member.createdAt}, ${member.createdAt})`;
  }

  async changeRole(sql: Queryable, id: Id<'usr'>, role: Role): Promise<void> {
    await sql`update gateway.members set role = ${role} where user_id = ${id}`;
  }

  /** With sessions, password and membership. */
  async remove(sql: Queryable, id: Id<'usr'>): Promise<void> {
    await sql`delete from gateway.users where id = ${id}`;
  }

  async countOwners(sql: Queryable, orgId: Id<'org'>): Promise<number> {
    const [row] = await sql<{ count: number }[]>`select count(*) as count from gateway.members where org_id = ${orgId} and role = 'owner'`;
    return row?.count ?? 0;
  }

  /** Notes that they were here, to the minute. */
  async seen(sql: Queryable, { id, lastSeenAt }: Pick<Person, 'id' | 'lastSeenAt'>, at: Date): Promise<void> {
    const before = new Date(at.getTime() - seenMs);
    if (lastSeenAt === null || lastSeenAt < before) await sql`update gateway.members set last_seen_at = ${at} where user_id = ${id} and (last_seen_at is null or last_seen_at < ${before})`;
  }
}
