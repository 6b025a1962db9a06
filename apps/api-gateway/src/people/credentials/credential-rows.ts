/**
 * The credentials library's rows, kept by our own SQL: in our schema, in the caller's transaction, and with session tokens that are
 * stored as hashes only. The library's ready adapters do neither of the last two.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Queryable, Sql, TransactionSql } from '@migrator/service-kit/database';
import { createAdapterFactory, type CleanedWhere, type CustomAdapter } from 'better-auth/adapters';
import { hashToken } from '../link-token.js';

type Row = Record<string, unknown>;

export interface CredentialRows {
  /** For `betterAuth({ database })`. */
  adapter: ReturnType<typeof createAdapterFactory>;
  /** Whatever the library reads or writes within `work` is part of `tx`. */
  within<T>(tx: TransactionSql, work: () => Promise<T>): Promise<T>;
}

const tables = new Set(['users', 'sessions', 'accounts']);

export function createCredentialRows(pool: Sql): CredentialRows {
  const running = new AsyncLocalStorage<TransactionSql>();
  const sql = (): Queryable => running.getStore() ?? pool;

  const table = (model: string) => {
    if (!tables.has(model)) throw new Error(`the credentials library asked for ${model}, which is not kept here`);
    return pool(`gateway.${model}`);
  };
  const isToken = (model: string, field: string): boolean => model === 'sessions' && field === 'token';
  const stored = (model: string, field: string, value: unknown): unknown => (isToken(model, field) && typeof value === 'string' ? hashToken(value) : value);
  const storedRow = (model: string, data: Row): Row => Object.fromEntries(Object.entries(data).map(([field, value]) => [field, stored(model, field, value)]));
  /** What the library gave comes back to it: it puts the token into the cookie. A hash never leaves here. */
  const given = (model: string, row: Row | undefined, token: unknown): Row | null => {
    if (row === undefined) return null;
    if (model !== 'sessions') return row;
    return { ...row, token: typeof token === 'string' ? token : '' };
  };
  const tokenOf = (model: string, where: readonly CleanedWhere[]): unknown => where.find(({ field, operator }) => isToken(model, field) && operator === 'eq')?.value;

  const condition = (model: string, { field, operator, value }: CleanedWhere) => {
    const column = pool(field);
    if (operator === 'in') {
      if (!Array.isArray(value)) throw new Error('a list is needed');
      return pool`${column} in ${pool(value.map((one) => stored(model, field, one) as string))}`;
    }
    if (value === null && operator === 'eq') return pool`${column} is null`;
    const one = stored(model, field, value) as string;
    if (operator === 'eq') return pool`${column} = ${one}`;
    if (operator === 'gt') return pool`${column} > ${one}`;
    if (operator === 'lt') return pool`${column} < ${one}`;
    throw new Error(`the credentials library compares with ${operator}, which it did not when this was written`);
  };
  const filter = (model: string, where: readonly CleanedWhere[] = []) => {
    if (where.some(({ connector }, at) => at > 0 && connector !== 'AND')) throw new Error('the credentials library combines conditions with OR, which it did not when this was written');
    return where.reduce((all, one) => pool`${all} and ${condition(model, one)}`, pool`where true`);
  };
  /** Changes without a condition would reach everybody. */
  const narrow = (model: string, where: readonly CleanedWhere[]) => {
    if (where.length === 0) throw new Error(`the credentials library would change every row of ${model}`);
    return filter(model, where);
  };

  const rows: CustomAdapter = {
    create: async ({ model, data }) => {
      const [row] = await sql()<Row[]>`insert into ${table(model)} ${pool(storedRow(model, data))} returning *`;
      return given(model, row, data['token']) as typeof data;
    },
    findOne: async <T>({ model, where }: { model: string; where: CleanedWhere[] }) => {
      const [row] = await sql()<Row[]>`select * from ${table(model)} ${filter(model, where)} limit 1`;
      return given(model, row, tokenOf(model, where)) as T | null;
    },
    findMany: async <T>({ model, where, limit }: { model: string; where?: CleanedWhere[] | undefined; limit: number }) => {
      const found = await sql()<Row[]>`select * from ${table(model)} ${filter(model, where)} limit ${limit}`;
      return found.map((row) => given(model, row, tokenOf(model, where ?? []))) as T[];
    },
    update: async <T>({ model, where, update }: { model: string; where: CleanedWhere[]; update: T }) => {
      const [row] = await sql()<Row[]>`update ${table(model)} set ${pool(storedRow(model, update as Row))} ${narrow(model, where)} returning *`;
      return given(model, row, tokenOf(model, where)) as T | null;
    },
    updateMany: async ({ model, where, update }) => (await sql()`update ${table(model)} set ${pool(storedRow(model, update))} ${narrow(model, where)}`).count,
    delete: async ({ model, where }) => {
      await sql()`delete from ${table(model)} ${narrow(model, where)}`;
    },
    deleteMany: async ({ model, where }) => (await sql()`delete from ${table(model)} ${narrow(model, where)}`).count,
    count: async ({ model, where }) => {
      const [row] = await sql()<{ count: number }[]>`select count(*) as count from ${table(model)} ${filter(model, where)}`;
      return row?.count ?? 0;
    },
  };
  return {
    adapter: createAdapterFactory({
      // Transactions are the caller's, by `within`.
      config: { adapterId: 'gateway', supportsNumericIds: false, supportsDates: true, supportsBooleans: true, transaction: false },
      adapter: () => rows,
    }),
    within: (tx, work) => running.run(tx, work),
  };
}
