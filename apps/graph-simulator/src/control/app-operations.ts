import { z } from 'zod';
import { readCertificate, type AppRegistration } from '../world/app-registry.js';
import type { SimulatedWorld } from '../world/simulated-world.js';
import { ControlError, type ControlRoute } from './control-route.js';
import { tenantOf } from './tenant-operations.js';

const NewApp = z.strictObject({
  clientId: z.guid(),
  displayName: z.string().min(1),
  secrets: z.array(z.union([z.string().min(1), z.strictObject({ value: z.string().min(1), expiresAt: z.iso.datetime().nullish() })])).default([]),
  /** PEM certificates. */
  certificates: z.array(z.string()).default([]),
  redirectUris: z.array(z.url()).default([]),
  requiredRoles: z.array(z.string().min(1)).default([]),
});

const ConsentBody = z.strictObject({ tenant: z.string(), clientId: z.guid(), roles: z.array(z.string()).optional() });
const RevokeBody = z.strictObject({ tenant: z.string(), clientId: z.guid(), tokens: z.enum(['live', 'end']).default('live') });

/** Reads `{ clientId, displayName, secrets, certificates (PEM), redirectUris, requiredRoles }`. Throws ZodError or ControlError. */
export function readApp(body: unknown): AppRegistration {
  const app = NewApp.parse(body);
  return {
    clientId: app.clientId.toLowerCase(),
    displayName: app.displayName,
    secrets: app.secrets.map((s) => (typeof s === 'string' ? { value: s, expiresAt: null } : { value: s.value, expiresAt: s.expiresAt ?? null })),
    certificates: app.certificates.map((pem) => {
      try {
        return readCertificate(pem);
      } catch (error) {
        throw new ControlError(400, `A certificate cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      }
    }),
    redirectUris: app.redirectUris,
    requiredRoles: app.requiredRoles,
  };
}

function appSummary(app: AppRegistration): Record<string, unknown> {
  return {
    clientId: app.clientId,
    displayName: app.displayName,
    secrets: app.secrets.map((s) => ({ expiresAt: s.expiresAt })),
    certificates: app.certificates.map(({ thumbprintSha1, thumbprintSha256, expiresAt }) => ({ thumbprintSha1, thumbprintSha256, expiresAt })),
    redirectUris: app.redirectUris,
    requiredRoles: app.requiredRoles,
  };
}

/** App registrations and consents. */
export function appOperations(world: SimulatedWorld): ControlRoute[] {
  const register = (body: unknown): Record<string, unknown> => {
    const app = readApp(body);
    world.apps.register(app);
    return appSummary(app);
  };
  return [
    { method: 'GET', path: '/apps', summary: 'App registrations (secrets are not shown)', handle: () => Promise.resolve({ apps: world.apps.list().map(appSummary) }) },
    { method: 'POST', path: '/apps', summary: 'Register an app, or replace one: { clientId, displayName, secrets, certificates, redirectUris, requiredRoles }', handle: async (req) => register(await req.json()) },
    { method: 'GET', path: '/consents', summary: 'Which tenant consented to what', handle: () => Promise.resolve({ consents: world.apps.consents() }) },
    {
      method: 'POST', path: '/consents', summary: 'Consent as an administrator would: { tenant, clientId, roles? } (default: the roles the app requires)',
      handle: async (req) => {
        const body = ConsentBody.parse(await req.json());
        const app = world.apps.find(body.clientId);
        if (app === undefined) throw new ControlError(404, `There is no app '${body.clientId}'.`);
        return world.apps.consent(tenantOf(world, body.tenant).id, app.clientId, body.roles ?? app.requiredRoles);
      },
    },
    {
      method: 'PATCH', path: '/consents', summary: 'Switch a service principal off or on: { tenant, clientId, enabled }',
      handle: async (req) => {
        const body = z.strictObject({ tenant: z.string(), clientId: z.guid(), enabled: z.boolean() }).parse(await req.json());
        const consent = world.apps.findConsent(tenantOf(world, body.tenant).id, body.clientId);
        if (consent === undefined) throw new ControlError(404, 'There is no such consent.');
        consent.enabled = body.enabled;
        return consent;
      },
    },
    {
      method: 'DELETE', path: '/consents', summary: 'Revoke: { tenant, clientId, tokens: "live" (until expiry) | "end" (401 from now on) }',
      handle: async (req) => {
        const body = RevokeBody.parse(await req.json());
        const revoked = world.apps.revoke(tenantOf(world, body.tenant).id, body.clientId, { endTokens: body.tokens === 'end' });
        if (!revoked) throw new ControlError(404, 'There is no such consent.');
        return { ok: true };
      },
    },
  ];
}
