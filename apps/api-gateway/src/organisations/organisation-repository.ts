/** SQL for organisations. */
import type { Id } from '@migrator/contracts/ids';
import type { Queryable } from '@migrator/service-kit/database';

export interface Organisation {
  id: Id<'org'>;
  name: string;
  createdAt: Date;
}

export class OrganisationRepository {
  async insert(sql: Queryable, organisation: Organisation): Promise<void> {
    await sql`insert into gateway.organisations (id, name, created_at) values (${organisation.id}, ${organisation.name}, ${organisation.createdAt})`;
  }

  async find(sql: Queryable, id: string): Promise<Organisation | null> {
    const [row] = await sql<{ id: Id<'org'>; name: string; created_at: Date }[]>`select id, name, created_at from gateway.organisations where id = ${id}`;
    return row === undefined ? null : { id: row.id, name: row.name, createdAt: row.created_at };
  }
}
