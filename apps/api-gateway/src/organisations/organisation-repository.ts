/** SQL for organisations. */
import type { Id } from '@migrator/contracts/ids';
import type { Queryable, TransactionSql } from '@migrator/service-kit/database';
import { rateLimitOf, type Plan } from '../rate-limit/plan.js';

export interface Organisation {
  id: Id<'org'>;
  name: string;
  plan: Plan;
  /** What was set for it, else what its plan gives. */
  rateLimitPerMinute: number;
  createdAt: Date;
}

interface Row {
  id: Id<'org'>;
  name: string;
  plan: Plan;
  rate_limit_per_minute: number | null;
  created_at: Date;
}

const toOrganisation = (row: Row): Organisation => ({ id: row.id, name: row.name, plan: row.plan, rateLimitPerMinute: rateLimitOf(row.plan, row.rate_limit_per_minute), createdAt: row.created_at });

export class OrganisationRepository {
  /** With the plan that every organisation begins with. */
  async insert(sql: Queryable, organisation: Pick<Organisation, 'id' | 'name' | 'createdAt'>): Promise<Organisation> {
    const [row] = await sql<Row[]>`insert into gateway.organisations (id, name, created_at) values (${organisation.id}, ${organisation.name}, ${organisation.createdAt})
      returning id, name, plan, rate_limit_per_minute, created_at`;
    if (row === undefined) throw new Error('the organisation was not inserted');
    return toOrganisation(row);
  }

  async find(sql: Queryable, id: string): Promise<Organisation | null> {
    const [row] = await sql<Row[]>`select id, name, plan, rate_limit_per_minute, created_at from gateway.organisations where id = ${id}`;
    return row === undefined ? null : toOrganisation(row);
  }

  async rename(sql: Queryable, id: Id<'org'>, name: string): Promise<Organisation | null> {
    const [row] = await sql<Row[]>`update gateway.organisations set name = ${name} where id = ${id} returning id, name, plan, rate_limit_per_minute, created_at`;
    return row === undefined ? null : toOrganisation(row);
  }

  async exist(sql: Queryable): Promise<boolean> {
    return (await sql`select 1 from gateway.organisations limit 1`).length > 0;
  }

  /** Changes of who belongs to it wait for one another until the transaction ends. */
  async lock(tx: TransactionSql, id: Id<'org'>): Promise<void> {
    await tx`select 1 from gateway.organisations where id = ${id} for no key update`;
  }
}
