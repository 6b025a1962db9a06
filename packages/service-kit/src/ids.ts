/** The port for ids and randomness. */
import { randomBytes } from 'node:crypto';
import type { Id, IdPrefix } from '@migrator/contracts/ids';
import { monotonicFactory } from 'ulid';

export interface Ids {
  /** A new id; ids of one process sort by creation. */
  next<P extends IdPrefix>(prefix: P): Id<P>;
  /** `bytes` random bytes as base64url: for states, secrets, tokens. */
  secret(bytes: number): string;
}

export function systemIds(): Ids {
  const ulid = monotonicFactory();
  return { next: (prefix) => `${prefix}_${ulid()}`, secret: (bytes) => randomBytes(bytes).toString('base64url') };
}
