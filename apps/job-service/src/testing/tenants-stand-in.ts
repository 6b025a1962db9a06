/** A small HTTP server that speaks tenant-service's internal routes, over tenants that a test puts into it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InternalPrincipal, InternalSite, InternalTeam, InternalTenant, InternalUser } from '@migrator/contracts/internal';
import { internalIdentityHeader } from '@migrator/contracts/identity';
import type { IdentityVerifier } from '@migrator/service-kit/identity';

export interface TenantsStandIn {
  readonly url: string;
  /** Connected tenants and who was discovered in them; take one out to disconnect it. */
  readonly tenants: Map<string, { tenant: InternalTenant; users: InternalUser[]; sites: InternalSite[]; teams: InternalTeam[]; groups: InternalPrincipal[]; guests: InternalPrincipal[] }>;
  /** Rows of one page; few, so that every list has several. */
  pageRows: number;
  stop(): Promise<void>;
}

export async function startTenantsStandIn(identity: IdentityVerifier): Promise<TenantsStandIn> {
  const tenants: TenantsStandIn['tenants'] = new Map();
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    void identity.verify(request.headers[internalIdentityHeader] as string | undefined).then(
      () => {
        const url = new URL(request.url ?? '/', 'http://tenants');
        const [, org, id, part] = /^\/internal\/orgs\/([^/]+)\/tenants\/([^/]+)(?:\/(users|sites|teams|groups|guests))?$/.exec(url.pathname) ?? [];
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
        const next = from + standIn.pageRows;
        const rows = entry[part as 'users' | 'sites' | 'teams' | 'groups' | 'guests'];
        answer(200, { [part === 'groups' || part === 'guests' ? 'principals' : part]: rows.slice(from, next), nextCursor: next < rows.length ? String(next) : null });
      },
      () => {
        answer(401, { error: 'no identity', code: 'UNAUTHORIZED', status: 401 });
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: TenantsStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tenants,
    pageRows: 3,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return standIn;
}
