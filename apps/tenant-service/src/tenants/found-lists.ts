/** The lists of what was discovered: all of it as a stream, or pages when `limit`, `cursor` or `search` is given. */
import type { WholeListQuery } from '@migrator/contracts/api/common';
import { pageOf, type Cursors } from '@migrator/service-kit/cursors';
import { streamed, type Call } from '@migrator/service-kit/http';
import { streamList } from '@migrator/service-kit/list-stream';

/** Rows read at a time for a list that comes whole, and of a page when no size is given. */
const chunk = 1_000;
const pageDefault = 20;

export interface FoundList<Row extends { id: string }, Shown> {
  /** What is listed and of whom: a cursor is good for this list alone. */
  list: string;
  name: string;
  head: Record<string, unknown>;
  read: (afterId: string | null, limit: number, search: string | null) => Promise<Row[]>;
  show: (row: Row) => Shown;
}

/** A page, or `streamed` when the whole list was written. */
export async function answerList<Row extends { id: string }, Shown>(call: Pick<Call, 'response' | 'signal'>, cursors: Cursors, { limit, cursor, search }: WholeListQuery, { list, name, head, read, show }: FoundList<Row, Shown>): Promise<{ shown: Shown[]; nextCursor: string | null; hasMore: boolean } | typeof streamed> {
  if (limit === undefined && cursor === undefined && search === undefined) {
    await streamList(call, name, head, inChunks());
    return streamed;
  }
  const searched = `${list} ${search ?? ''}`;
  const [afterId = null] = cursor === undefined ? [] : cursors.read(searched, cursor);
  const size = limit ?? pageDefault;
  const { rows, ...rest } = pageOf(cursors, searched, await read(afterId, size + 1, search ?? null), size, ({ id }) => [id]);
  return { shown: rows.map(show), ...rest };

  async function* inChunks(): AsyncGenerator<Shown[]> {
    for (let after: string | null = null; ; ) {
      const rows: Row[] = await read(after, chunk, null);
      yield rows.map(show);
      const last = rows.at(-1);
      if (last === undefined || rows.length < chunk) return;
      after = last.id;
    }
  }
}
