/** A small HTTP server that speaks tenant-service's internal routes, over tenants that a test puts into it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InternalSite, InternalTeam, InternalTenant, InternalUser } from '@migrator/contracts/internal';
import { internalIdentityHeader } from '@migrator/contracts/identity';
import type { IdentityVerifier } from '@migrator/service-kit/identity';

export interface TenantsStandIn {
  readonly url: string;
  /** Connected tenants and who was discovered in them; take one out to disconnect it. */
  readonly tenants: Map<string, { tenant: InternalTenant; users: InternalUser[]; sites: InternalSite[]; teams: InternalTeam[] }>;
  stop(): Promise<void>;
}

const rowsPerPage = 3;

export async function startTenantsStandIn(identity: IdentityVerifier): Promise<TenantsStandIn> {
  const tenants: TenantsStandIn['tenants'] = new Map();
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    void identity.verify(request.headers[internalIdentityHeader] as string | undefined).then(
      () => {
        const url = new URL(request.url ?? '/', 'http://tenants');
        const [, org, id, part] = /^\/internal\/orgs\/([^/]+)\/tenants\/([^/]+)(?:\/(users|sites|teams))?$/.exec(url.pathname) ?? [];
        const entry = tenants.get(id ?? '');
        if (entry === undefined || entry.tenant.orgId !== org) {
          answer(404, { error: 'There is no such tenant.', code: 'TENANT_NOT_FOUND', status: 404 });
          return;
        }
        if (part === undefined) {
          answer(200, entry.tenant);
          return;
        }
        const from = Number(url.searchParams.get('cursor') ?? 0);
        const next = from + rowsPerPage;
        const rows = entry[part as 'users' | 'sites' | 'teams'];
        answer(200, { [part]: rows.slice(from, next), nextCursor: next < rows.length ? String(next) : null });
      },
      () => {
        answer(401, { error: 'no identity', code: 'UNAUTHORIZED', status: 401 });
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tenants,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
