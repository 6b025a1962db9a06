/**
 * Passwords, sessions and their cookies. All of it is the work of better-auth, called as a library: its own HTTP handler is not
 * reachable, so that nothing but our contract's calls exists. https://www.better-auth.com/docs/concepts/api
 */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import type { Secret } from '@migrator/service-kit/config';
import type { Sql, TransactionSql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { Logger } from '@migrator/service-kit/logger';
import { betterAuth } from 'better-auth';
import { createAuthEndpoint, isAPIError, sessionMiddleware } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { hashToken } from '../link-token.js';
import { createCredentialRows } from './credential-rows.js';

/** Where a call comes from, as far as sessions are concerned. */
export interface Browser {
  headers: Pick<IncomingHttpHeaders, 'cookie' | 'user-agent'>;
  /** It came by TLS: the cookie is marked Secure, and only one that was set by TLS is believed. */
  secure: boolean;
}

export interface OpenedSession {
  userId: Id<'usr'>;
  sessionId: string;
  expiresAt: Date;
  /** For `Set-Cookie`. */
  cookies: string[];
}

export interface FoundSession {
  userId: Id<'usr'>;
  sessionId: string;
}

export interface Credentials {
  /** A new person with a session, in the caller's transaction. CONFLICT when the address has an account. */
  signUp(tx: TransactionSql, person: { email: string; name: string; password: string }, browser: Browser): Promise<OpenedSession>;
  /** Null when the address is unknown or the password wrong, after the same work. */
  signIn(credentials: { email: string; password: string }, browser: Browser): Promise<OpenedSession | null>;
  /** Whose session the cookie is; null when it is none, or has ended. Its end moves on with use. */
  find(browser: Browser): Promise<FoundSession | null>;
  /** Moves the end of the session on and renews the cookie; null when there is none any more. */
  renew(browser: Browser): Promise<{ expiresAt: Date; cookies: string[] } | null>;
  /** Ends the session, in the caller's transaction; the cookies that make the browser forget it. */
  signOut(tx: TransactionSql, browser: Browser): Promise<string[]>;
  /** Ends every session of the person and opens one for this browser; null when the current password is wrong; UNAUTHORIZED when the session has ended. */
  changePassword(tx: TransactionSql, userId: Id<'usr'>, change: { currentPassword: string; newPassword: string }, browser: Browser): Promise<string[] | null>;
  /** Sets the password and ends every session of the person. */
  setPassword(tx: TransactionSql, userId: Id<'usr'>, password: string): Promise<void>;
}

/**
 * The name of the session cookie. By TLS it has the prefix that browsers hold against whoever sets it: neither a page without TLS nor
 * a neighbour's subdomain can put another one in its place. https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie
 */
export const sessionCookie = (secure: boolean): string => `${secure ? '__Host-' : ''}migrator_session`;
/** Seconds a session lives without being used. */
const sessionSeconds = 7 * 24 * 3_600;
/** Seconds of use after which its end is moved on in the database. */
const renewSeconds = 24 * 3_600;
const userAgentMax = 256;

/** The library's own refusals of a password or address that are wrong, too long or unknown. */
const wrong = new Set(['INVALID_EMAIL_OR_PASSWORD', 'INVALID_PASSWORD', 'PASSWORD_TOO_LONG', 'INVALID_EMAIL']);
/** The person was removed while their session was being opened (foreign_key_violation). */
const isOfNobody = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '23503';
const codeOf = (error: unknown): string | null => (isAPIError(error) ? (error.body?.code ?? null) : null);

export interface CredentialsDeps {
  sql: Sql;
  ids: Ids;
  logger: Logger;
  publicUrl: string;
  sessionSecret: Secret;
}

export function createCredentials({ sql, ids, logger, publicUrl, sessionSecret }: CredentialsDeps): Credentials {
  const rows = createCredentialRows(sql);
  const open = (secure: boolean) =>
    betterAuth({
      appName: 'The Migrator',
      baseURL: publicUrl,
      secret: sessionSecret.reveal(),
      database: rows.adapter,
      telemetry: { enabled: false },
      // Its details hold addresses; the sentence alone is a fact that may stand in a log.
      logger: { level: 'error', log: (level, message) => logger.error({ level, detail: message }, 'the credentials library reports an error') },
      emailAndPassword: { enabled: true, minPasswordLength: 12, maxPasswordLength: 128 },
      user: { modelName: 'users', fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' } },
      session: {
        modelName: 'sessions',
        fields: { userId: 'user_id', expiresAt: 'expires_at', ipAddress: 'ip_address', userAgent: 'user_agent', createdAt: 'created_at', updatedAt: 'updated_at' },
        expiresIn: sessionSeconds,
        updateAge: renewSeconds,
      },
      account: {
        modelName: 'accounts',
        fields: { userId: 'user_id', accountId: 'account_id', providerId: 'provider_id', createdAt: 'created_at', updatedAt: 'updated_at' },
      },
      advanced: {
        useSecureCookies: false,
        cookies: { session_token: { name: sessionCookie(secure) } },
        defaultCookieAttributes: { secure, httpOnly: true, sameSite: 'lax', path: '/' },
        ipAddress: { disableIpTracking: true },
        database: { generateId: ({ model }) => (model === 'user' || model === 'users' ? ids.next('usr') : randomUUID()) },
      },
      plugins: [renewal],
    });
  const libraries = { plain: open(false), secure: open(true) };
  const library = ({ secure }: { secure: boolean }) => (secure ? libraries.secure : libraries.plain);

  const opened = async (queryable: Sql | TransactionSql, token: string | null, headers: Headers, { secure }: Browser): Promise<OpenedSession> => {
    const [row] = await queryable<{ id: string; user_id: Id<'usr'>; expires_at: Date }[]>`select id, user_id, expires_at from gateway.sessions where token = ${hashToken(token ?? '')}`;
    if (row === undefined) throw new Error('a session was opened and is not there');
    return { userId: row.user_id, sessionId: row.id, expiresAt: row.expires_at, cookies: cookiesOf(headers, secure) };
  };

  const passwordOf = async (email: string): Promise<string | null> => {
    const [row] = await sql<{ password: string | null }[]>`select a.password from gateway.accounts a join gateway.users u on u.id = a.user_id where u.email = ${email} and a.provider_id = 'credential'`;
    return row?.password ?? null;
  };
  /** A session that is being opened for the person is committed before this returns, or waits until the transaction has ended. */
  const lockPerson = async (tx: TransactionSql, userId: Id<'usr'>): Promise<void> => {
    await tx`select 1 from gateway.users where id = ${userId} for update`;
  };

  return {
    signUp: async (tx, { email, name, password }, browser) => {
      // The library looks for the address first; with the lock nobody can take it in between.
      await tx`select pg_advisory_xact_lock(hashtextextended(${`gateway.users ${email}`}, 0))`;
      try {
        const { headers, response } = await rows.within(tx, () => library(browser).api.signUpEmail({ body: { email, name, password }, headers: headersOf(browser.headers), returnHeaders: true }));
        return await opened(tx, response.token, headers, browser);
      } catch (error) {
        if (codeOf(error) === 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL') throw new AppError('CONFLICT', { publicMessage: 'This address cannot be used. Sign in, or use another one.' });
        throw error;
      }
    },
    signIn: async ({ email, password }, browser) => {
      const before = await passwordOf(email);
      try {
        const { headers, response } = await library(browser).api.signInEmail({ body: { email, password, rememberMe: true }, headers: headersOf({ 'user-agent': browser.headers['user-agent'] }), returnHeaders: true });
        const session = await opened(sql, response.token, headers, browser);
        if ((await passwordOf(email)) === before) return session;
        // The password that was looked at is not theirs any more: a reset that has just ended every session missed this one.
        await sql`delete from gateway.sessions where id = ${session.sessionId}`;
        return null;
      } catch (error) {
        if (wrong.has(codeOf(error) ?? '') || isOfNobody(error)) return null;
        throw error;
      }
    },
    find: async (browser) => {
      if (browser.headers.cookie?.includes(`${sessionCookie(browser.secure)}=`) !== true) return null;
      const found = await library(browser).api.getSession({ headers: headersOf(browser.headers) });
      return found === null ? null : { userId: found.user.id as Id<'usr'>, sessionId: found.session.id };
    },
    renew: async (browser) => {
      try {
        const { headers, response } = await library(browser).api.renewSession({ headers: headersOf(browser.headers), returnHeaders: true });
        return { expiresAt: response.expiresAt, cookies: cookiesOf(headers, browser.secure) };
      } catch (error) {
        if (codeOf(error) === 'UNAUTHORIZED') return null;
        throw error;
      }
    },
    signOut: async (tx, browser) => {
      const { headers } = await rows.within(tx, () => library(browser).api.signOut({ headers: headersOf(browser.headers), returnHeaders: true }));
      return cookiesOf(headers, browser.secure);
    },
    changePassword: async (tx, userId, { currentPassword, newPassword }, browser) => {
      await lockPerson(tx, userId);
      try {
        const { headers } = await rows.within(tx, () => library(browser).api.changePassword({ body: { currentPassword, newPassword, revokeOtherSessions: true }, headers: headersOf(browser.headers), returnHeaders: true }));
        return cookiesOf(headers, browser.secure);
      } catch (error) {
        if (wrong.has(codeOf(error) ?? '')) return null;
        if (codeOf(error) === 'UNAUTHORIZED') throw new AppError('UNAUTHORIZED', { publicMessage: 'The session has ended.' });
        throw error;
      }
    },
    setPassword: async (tx, userId, password) => {
      const { internalAdapter, password: hashing } = await libraries.plain.$context;
      const hash = await hashing.hash(password);
      await lockPerson(tx, userId);
      await rows.within(tx, () => internalAdapter.updatePassword(userId, hash));
      await tx`delete from gateway.sessions where user_id = ${userId}`;
    },
  };
}

/** Only what the library has to know goes to it. */
function headersOf(headers: Browser['headers']): Headers {
  const known = new Headers();
  if (headers.cookie !== undefined) known.set('cookie', headers.cookie);
  if (headers['user-agent'] !== undefined) known.set('user-agent', headers['user-agent'].slice(0, userAgentMax));
  return known;
}

/** Its other cookies are for features that are off here. */
const cookiesOf = (headers: Headers, secure: boolean): string[] => headers.getSetCookie().filter((cookie) => cookie.startsWith(`${sessionCookie(secure)}=`));

/** The library renews a cookie only once a day, in whichever call comes first; ours is renewed when the dashboard asks who is signed in. */
const renewal = {
  id: 'renewal',
  endpoints: {
    renewSession: createAuthEndpoint.serverOnly({ method: 'POST', use: [sessionMiddleware] }, async (ctx) => {
      const { session, user } = ctx.context.session;
      const expiresAt = new Date(Date.now() + ctx.context.sessionConfig.expiresIn * 1_000);
      const updated = await ctx.context.internalAdapter.updateSession(session.token, { expiresAt, updatedAt: new Date() });
      if (updated === null) throw ctx.error('UNAUTHORIZED', { code: 'UNAUTHORIZED', message: 'the session has ended' });
      await setSessionCookie(ctx, { session: { ...session, expiresAt }, user });
      return { expiresAt };
    }),
  },
};
