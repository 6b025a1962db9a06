/** People on a real database behind a plain listener: what a browser or a program would see, and what ends in tables and logs. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse as parseQueryString } from 'node:querystring';
import { AppError, notFound } from '@migrator/contracts/errors';
import { Secret } from '@migrator/service-kit/config';
import { migrateDatabase, openDatabase, type Database } from '@migrator/service-kit/database';
import { systemIds } from '@migrator/service-kit/ids';
import { fakeClock, type FakeClock } from '@migrator/testing/clock';
import { freshDatabase, type TestDatabase } from '@migrator/testing/servers';
import { pino, type Logger } from 'pino';
import type { Principal } from '../access/principal.js';
import { createAuditLog, type AuditLog } from '../audit/audit-log.js';
import { writeError, writeJson } from '../http/answers.js';
import type { OwnRoute } from '../http/own-route.js';
import { parseJson, readBytes } from '../http/request-body.js';
import type { AccessChange } from '../people/access-changed.js';
import { createPeople, type People, type PeopleConfig } from '../people/people-part.js';

export interface Reply {
  status: number;
  // Answers are looked into by the test that knows the call.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
  headers: Headers;
  /** The session cookie that was set, as a browser would send it back; null when none was. */
  cookie: string | null;
}

export interface Call {
  cookie?: string | null;
  /** Comes in with this instead of a session. */
  principal?: Principal;
  address?: string;
  secure?: boolean;
}

export interface WorldOptions {
  config?: Partial<PeopleConfig>;
  /** Wraps the audit log, to make it fail. */
  audit?: (log: AuditLog) => AuditLog;
}

const key = (): Secret => new Secret(randomBytes(32).toString('base64'));
const folder = join(process.cwd(), 'apps/api-gateway/migrations');

export const password = 'correct horse battery staple';

/** One gateway instance's people. */
export class Instance {
  private constructor(
    readonly people: People,
    private readonly server: Server,
  ) {}

  static async start(world: PeopleWorld, { config, audit = (log) => log }: WorldOptions): Promise<Instance> {
    const ids = systemIds();
    const people = createPeople({
      ...{ sql: world.db.sql, clock: world.clock, ids, logger: world.logger, pepper: world.pepper, signingKey: world.signingKey },
      audit: audit(createAuditLog({ sql: world.db.sql, clock: world.clock, ids })),
      config: { publicUrl: 'http://migrator.test/', sessionSecret: world.sessionSecret, signUp: 'open', mail: { smtpUrl: undefined, from: undefined, linksInLog: false }, ...config },
      onAccessChanged: (change) => world.changes.push(change),
    });
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://gateway.test');
      const handle = async (): Promise<void> => {
        const found = findRoute(people.routes, request.method ?? '', url.pathname);
        if (found === null) throw notFound('NOT_FOUND');
        const { route, params } = found;
        const given = request.headers['x-principal'];
        const principal = typeof given === 'string' ? (JSON.parse(given) as Principal) : route.endpoint.access === 'public' ? null : await people.sessions.find(request.headers, request.headers['x-secure'] === 'yes');
        if (principal === null && route.endpoint.access !== 'public') throw new AppError('UNAUTHORIZED', { publicMessage: 'no session' });
        if (principal !== null && route.endpoint.access === 'organisation' && !principal.scopes.includes(route.endpoint.scope)) throw new AppError('FORBIDDEN', { publicMessage: 'scope' });
        const body = route.endpoint.method === 'GET' ? undefined : parseJson(request, await readBytes(request, 1_000_000));
        const address = request.headers['x-address'];
        const exchange = { request, response, requestId: 'req_test', clientAddress: typeof address === 'string' ? address : '203.0.113.7', secure: request.headers['x-secure'] === 'yes', path: url.pathname, search: url.search.slice(1), params, log: world.logger };
        writeJson(response, route.endpoint.status, await route.run(exchange, parseQueryString(exchange.search), body, principal));
      };
      handle().catch((error: unknown) => {
        writeError(response, error, 'req_test', world.logger);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Instance(people, server);
  }

  /** The answer, when also the messages that followed from it are on their way. */
  async call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown, call: Call = {}): Promise<Reply> {
    const reply = await this.send(method, path, body, call);
    await this.people.settled();
    return reply;
  }

  /** The answer as soon as it is there. */
  async send(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown, { cookie, principal, address, secure = false }: Call = {}): Promise<Reply> {
    const { port } = this.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(cookie === undefined || cookie === null ? {} : { cookie }),
        ...(principal === undefined ? {} : { 'x-principal': JSON.stringify(principal) }),
        ...(address === undefined ? {} : { 'x-address': address }),
        ...(secure ? { 'x-secure': 'yes' } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const [set] = response.headers.getSetCookie();
    return { status: response.status, body: await response.json(), headers: response.headers, cookie: set?.split(';')[0] ?? null };
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
      this.server.closeAllConnections();
    });
    await this.people.close();
  }
}

/** One database and what all instances share. */
export class PeopleWorld {
  readonly clock: FakeClock = fakeClock(new Date().toISOString());
  readonly pepper = key();
  readonly signingKey = key();
  readonly sessionSecret = key();
  /** Every line that was logged. */
  readonly lines: string[] = [];
  readonly logger: Logger = pino({ level: 'trace' }, { write: (line: string) => void this.lines.push(line) });
  readonly changes: AccessChange[] = [];
  private readonly instances: Instance[] = [];

  private constructor(
    private readonly database: TestDatabase,
    readonly db: Database,
  ) {}

  static async open(): Promise<PeopleWorld> {
    const database = await freshDatabase({ template: 'gateway people', migrate: (url) => migrateDatabase({ url, schema: 'gateway', folder }) });
    return new PeopleWorld(database, openDatabase(database.url, { applicationName: 'people test' }));
  }

  async start(options: WorldOptions = {}): Promise<Instance> {
    const instance = await Instance.start(this, options);
    this.instances.push(instance);
    return instance;
  }

  /** The token in the last link that was logged. */
  lastToken(): string {
    const line = this.lines.findLast((one) => one.includes('"link"'));
    return (JSON.parse(line ?? '{}') as { link: string }).link.split('#')[1] ?? '';
  }

  /** Every row of every table as text. */
  async everything(): Promise<string> {
    const { sql } = this.db;
    const tables = await sql<{ name: string }[]>`select table_name as name from information_schema.tables where table_schema = 'gateway'`;
    const texts = await Promise.all(tables.map(async ({ name }) => (await sql<{ row: string }[]>`select t::text as row from ${sql(`gateway.${name}`)} t`).map(({ row }) => `${name} ${row}`).join('\n')));
    return texts.join('\n');
  }

  async close(): Promise<void> {
    for (const instance of this.instances) await instance.stop();
    await this.db.close();
    await this.database.drop();
  }
}

let people = 0;
export const freshEmail = (): string => `person${(people += 1)}@contoso.test`;

/** Signs an owner up and says with what they may call. */
export async function newOwner(instance: Instance): Promise<{ cookie: string; email: string; userId: string; orgId: string }> {
  const email = freshEmail();
  people += 1;
  const reply = await instance.call('POST', '/v1/auth/sign-up', { organisationName: 'Contoso IT', name: 'Ada', email, password }, { address: `198.51.${Math.floor(people / 250)}.${people % 250}` });
  if (reply.status !== 201 || reply.cookie === null) throw new Error(`sign-up answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  return { cookie: reply.cookie, email, userId: reply.body.user.id as string, orgId: reply.body.organisation.id as string };
}

/** Invites and accepts. */
export async function newMember(instance: Instance, owner: { cookie: string }, role: string): Promise<{ cookie: string; email: string; userId: string }> {
  const email = freshEmail();
  const { body } = await instance.call('POST', '/v1/members/invitations', { email, role }, owner);
  const reply = await instance.call('POST', '/v1/auth/invitations/accept', { token: (body.acceptUrl as string).split('#')[1], name: 'Linus', password });
  if (reply.status !== 201 || reply.cookie === null) throw new Error(`accepting answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  return { cookie: reply.cookie, email, userId: reply.body.user.id as string };
}

function findRoute(routes: readonly OwnRoute[], method: string, path: string): { route: OwnRoute; params: Record<string, string> } | null {
  // Fixed segments go before parameters, as in the gateway's router.
  const sorted = [...routes].sort((a, b) => a.endpoint.path.split(':').length - b.endpoint.path.split(':').length);
  for (const route of sorted) {
    if (route.endpoint.method !== method) continue;
    const match = new RegExp(`^${route.endpoint.path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`).exec(path);
    if (match !== null) return { route, params: { ...match.groups } };
  }
  return null;
}
