/** One page of a list that is sorted by creation, newest first. */
import type { Cursors } from '@migrator/service-kit/cursors';

export interface Position {
  createdAt: Date;
  id: string;
}

/** Asks `load` for one row more than fits, so that the answer knows whether there is more. `list` names what is listed and for whom. */
export async function keysetPage<T extends Position>(cursors: Cursors, list: string, { limit, cursor }: { limit: number; cursor?: string | undefined }, load: (after: Position | null, limit: number) => Promise<T[]>): Promise<{ rows: T[]; nextCursor: string | null; hasMore: boolean }> {
  const [createdAt, id] = cursor === undefined ? [] : cursors.read(list, cursor);
  const found = await load(createdAt === undefined || id === undefined ? null : { createdAt: new Date(createdAt), id }, limit + 1);
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return { rows, nextCursor: last === undefined ? null : cursors.issue(list, [last.createdAt.toISOString(), last.id]), hasMore: last !== undefined };
}
