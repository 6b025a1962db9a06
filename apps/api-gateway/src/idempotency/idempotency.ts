/**
 * `Idempotency-Key`: the same key and request within 24 hours gets the first answer again. The first answer is kept sealed under a
 * key that only the client's own key yields, for answers may hold secrets that are shown once.
 *
 * A request whose end is not known (the service or this gateway died with it in hand) is never made a second time: its key answers
 * 409 until somebody has looked.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import type { Clock } from '@migrator/service-kit/clock';
import type { Secret } from '@migrator/service-kit/config';
import type { Sql } from '@migrator/service-kit/database';

export interface KeptAnswer {
  status: number;
  body: Buffer;
}

export interface Claim {
  /** The answer to give again, or null when the request is to be made now. */
  replay: KeptAnswer | null;
  /** Keeps the answer of a request that succeeded. */
  keep(answer: KeptAnswer): Promise<void>;
  /** The request changed nothing: it may be made again. */
  release(): Promise<void>;
  /** Nobody knows whether it was done. */
  lose(): Promise<void>;
}

export interface Idempotency {
  /** IDEMPOTENCY_CONFLICT for the same key with another request or with one whose end is unknown; IDEMPOTENCY_IN_PROGRESS while the first still runs. */
  claim(orgId: Id<'org'>, key: string, request: { method: string; url: string; body: Buffer }): Promise<Claim>;
  /** Removes what is older than 24 hours. */
  purge(): Promise<void>;
}

const keyPattern = /^[\x21-\x7e]{1,255}$/;
const keptHours = 24;
/** Longer than any call may take. */
const runningSeconds = 150;

/** The header's value; VALIDATION_ERROR when it cannot be one. */
export function readIdempotencyKey(value: string | string[] | undefined): string | null {
  if (value === undefined) return null;
  if (typeof value !== 'string' || !keyPattern.test(value)) throw new AppError('VALIDATION_ERROR', { publicMessage: 'Idempotency-Key takes 1 to 255 visible ASCII characters.', errors: [{ path: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }] });
  return value;
}

interface Row {
  fingerprint: Buffer;
  state: 'running' | 'done' | 'unknown';
  status: number | null;
  sealed: Buffer | null;
  running: boolean;
}

export function createIdempotency({ sql, clock, pepper }: { sql: Sql; clock: Clock; pepper: Secret }): Idempotency {
  const sealingKey = (orgId: string, key: string): Buffer => Buffer.from(hkdfSync('sha256', key, Buffer.from(pepper.reveal(), 'base64'), `idempotency ${orgId}`, 32));
  return {
    async claim(orgId, key, { method, url, body }) {
      const keyHash = createHash('sha256').update(key).digest();
      const fingerprint = createHash('sha256').update(`${method} ${url}\n`).update(body).digest();
      const now = clock.now();
      const oldest = new Date(now.getTime() - keptHours * 3_600_000);
      const runningUntil = new Date(now.getTime() + runningSeconds * 1_000);
      const claimed = await sql`insert into gateway.idempotency as i (org_id, key_hash, fingerprint, state, created_at, running_until) values (${orgId}, ${keyHash}, ${fingerprint}, 'running', ${now}, ${runningUntil})
        on conflict (org_id, key_hash) do update set fingerprint = excluded.fingerprint, state = 'running', status = null, sealed = null, created_at = excluded.created_at, running_until = excluded.running_until
        where i.created_at < ${oldest} returning 1`;
      const claim: Claim = {
        replay: null,
        keep: async ({ status, body: answer }) => {
          const nonce = randomBytes(12);
          const cipher = createCipheriv('aes-256-gcm', sealingKey(orgId, key), nonce);
          const sealed = Buffer.concat([nonce, cipher.update(answer), cipher.final(), cipher.getAuthTag()]);
          await sql`update gateway.idempotency set state = 'done', status = ${status}, sealed = ${sealed} where org_id = ${orgId} and key_hash = ${keyHash}`;
        },
        release: async () => {
          await sql`delete from gateway.idempotency where org_id = ${orgId} and key_hash = ${keyHash} and state = 'running'`;
        },
        lose: async () => {
          await sql`update gateway.idempotency set state = 'unknown' where org_id = ${orgId} and key_hash = ${keyHash} and state = 'running'`;
        },
      };
      if (claimed.length === 1) return claim;
      const [row] = await sql<Row[]>`select fingerprint, state, status, sealed, running_until > ${now} as running from gateway.idempotency where org_id = ${orgId} and key_hash = ${keyHash}`;
      // Released between the two statements: the first request was refused just now.
      if (row === undefined) throw inProgress();
      if (!timingSafeEqual(row.fingerprint, fingerprint)) throw new AppError('IDEMPOTENCY_CONFLICT', { publicMessage: 'This Idempotency-Key was used for another request. Use a new key.' });
      if (row.state === 'running' && row.running) throw inProgress();
      if (row.state !== 'done' || row.sealed === null || row.status === null)
        throw new AppError('IDEMPOTENCY_CONFLICT', { publicMessage: 'It is not known whether the first request with this Idempotency-Key was carried out. Look whether its result is there, then use a new key.' });
      const decipher = createDecipheriv('aes-256-gcm', sealingKey(orgId, key), row.sealed.subarray(0, 12));
      decipher.setAuthTag(row.sealed.subarray(-16));
      return { ...claim, replay: { status: row.status, body: Buffer.concat([decipher.update(row.sealed.subarray(12, -16)), decipher.final()]) } };
    },
    purge: async () => {
      await sql`delete from gateway.idempotency where created_at < ${new Date(clock.now().getTime() - keptHours * 3_600_000)}`;
    },
  };
}

const inProgress = (): AppError => new AppError('IDEMPOTENCY_IN_PROGRESS', { publicMessage: 'The first request with this Idempotency-Key still runs. Try again shortly.', retryAfterSeconds: 1 });
