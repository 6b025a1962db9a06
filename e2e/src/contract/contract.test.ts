/** The running gateway against its own document, in both directions. */
import SwaggerParser from '@apidevtools/swagger-parser';
import { openApiDocument } from '@migrator/contracts/openapi';
import { startPlatform, type Platform } from '../platform.js';
import type { OpenApi } from './judge.js';

jest.setTimeout(120_000);
let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ preset: 'small', workers: 0 });
});
afterAll(() => platform.stop());

const verbs = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const nobody = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
/** An address of this path, with ids that nobody has. */
const addressOf = (path: string): string => path.replace('{cmdId}', `cmd_${nobody}`).replace('{id}', `${({ tenants: 'ten', jobs: 'job', devices: 'dev', 'api-keys': 'key', members: 'usr', invitations: 'inv' } as Record<string, string>)[/([\w-]+)\/\{id\}/.exec(path)?.[1] ?? ''] ?? ''}_${nobody}`);

test('the gateway serves the document of the contract, and it is valid OpenAPI 3.1', async () => {
  const served = (await (await platform.fetch(new URL('/v1/openapi.json', platform.stack.gatewayUrl))).json()) as OpenApi;
  expect(served).toEqual(JSON.parse(JSON.stringify(openApiDocument(platform.stack.gatewayUrl))));
  const copy = structuredClone(served) as unknown as Parameters<typeof SwaggerParser.validate>[0];
  await expect(SwaggerParser.validate(copy)).resolves.toBeDefined();
});

test('every call of the document is there, and asks for what the document says it asks for', async () => {
  for (const { method, path, operationId, security } of platform.judge.operations) {
    const response = await platform.fetch(new URL(addressOf(path), platform.stack.gatewayUrl), { method, headers: { accept: 'application/json' } });
    const said = { operationId, status: response.status };
    if (security.length > 0) expect(said).toEqual({ operationId, status: 401 });
    else expect([200, 400, 404, 415, 422]).toContain(response.status);
    expect(said.status).not.toBe(405);
    await response.body?.cancel();
  }
});

test('with a key, an address that names nothing is 404 by the code of its kind', async () => {
  for (const { method, path, operationId, security } of platform.judge.operations.filter((operation) => operation.path.includes('{') && operation.security.some((way) => 'apiKey' in way))) {
    expect(security.length).toBeGreaterThan(0);
    const { status } = await platform.raw(method, addressOf(path), operationId === 'createCommand' ? { type: 'FULL_MIGRATION', payload: { ppkgUrl: 'https://files.northwind.example/a.ppkg', destTenantId: '4f3c2c41-5a02-4f0d-9d8f-6a6f0a0a0003' } } : operationId === 'changeMember' ? { role: 'viewer' } : operationId === 'createPass' ? { mode: 'delta' } : operationId === 'setTenantThrottling' ? { businessHours: null } : undefined);
    expect({ operationId, status }).toEqual({ operationId, status: 404 });
  }
});

test('nothing else is there: other verbs are 405 with the verbs that are, other addresses are 404', async () => {
  const byPath = new Map<string, string[]>();
  for (const { method, path } of platform.judge.operations) byPath.set(path, [...(byPath.get(path) ?? []), method]);
  for (const [path, known] of byPath) {
    // A path with an id may be shadowed by one without: `/v1/devices/enrollment` is one address, `/v1/devices/{id}` another.
    for (const method of verbs.filter((verb) => !known.includes(verb))) {
      const response = await platform.fetch(new URL(addressOf(path), platform.stack.gatewayUrl), { method });
      expect({ method, path, status: response.status, allow: response.headers.get('allow')?.split(', ').sort() }).toEqual({ method, path, status: 405, allow: [...known].sort() });
    }
  }
  for (const path of ['/', '/v1', '/v1/', '/v2/jobs', '/V1/jobs', '/v1/jobs/', '/metrics', '/readyz', '/internal/tenants', '/internal/jobs', '/v1/internal', '/v1/jobs/batch/none', '/favicon.ico', '/.env'])
    expect({ path, status: (await platform.fetch(new URL(path, platform.stack.gatewayUrl))).status }).toEqual({ path, status: 404 });
});
