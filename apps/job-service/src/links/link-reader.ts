/** Opens the links of a job, a part at a time. */
import type { ListedLink } from '@migrator/contracts/api/links';
import type { Id } from '@migrator/contracts/ids';
import { newLinksSchema } from '@migrator/contracts/links';
import type { Sql } from '@migrator/service-kit/database';
import type { Seal } from '@migrator/service-kit/seal';

const itemsPerChunk = 500;

export interface OpenedLinks {
  readonly opened: ListedLink[];
  /** Things whose links were sealed under a key that is no longer in use. */
  readonly unreadable: number;
}

interface Row {
  unitId: Id<'unt'>;
  source: string;
  dest: string | null;
  itemKey: string;
  sealed: Buffer;
  at: Date;
}

export function createLinkReader(sql: Sql, seal: Seal) {
  return {
    /** By unit. The caller has checked whose job it is. */
    async *list(jobId: string): AsyncGenerator<OpenedLinks> {
      let unit = '';
      let key = '';
      for (;;) {
        const rows = await sql<Row[]>`
          with page as materialized (
            select unit_id, item_key, sealed, at from jobs.links where job_id = ${jobId} and (unit_id, item_key) > (${unit}, ${key}) order by unit_id, item_key limit ${itemsPerChunk}
          )
          select p.unit_id as "unitId", u.source_address as source, u.dest_address as dest, p.item_key as "itemKey", p.sealed, p.at from page p join jobs.units u on u.id = p.unit_id order by p.unit_id, p.item_key`;
        const last = rows.at(-1);
        if (last === undefined) return;
        unit = last.unitId;
        key = last.itemKey;
        const opened: ListedLink[] = [];
        let unreadable = 0;
        for (const { unitId, source, dest, itemKey, sealed, at } of rows) {
          const text = seal.open(sealed, itemKey);
          if (text === null) unreadable += 1;
          else {
            const { path, links } = newLinksSchema.parse(JSON.parse(text));
            opened.push(...links.map((link) => ({ unitId, source, dest, path, ...link, at: at.toISOString() })));
          }
        }
        yield { opened, unreadable };
      }
    },
  };
}
export type LinkReader = ReturnType<typeof createLinkReader>;
