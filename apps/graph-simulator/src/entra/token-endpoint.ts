import { randomBytes } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { GraphReply, HostRequest } from '../http/route.js';
import { checkSecret, type AppRegistration } from '../world/app-registry.js';
import type { SimTenant } from '../world/tenant.js';
import type { World } from '../world/world.js';
import { entraFault, type AadstsCode } from './entra-error.js';
import type { SigningKey } from './signing-key.js';
import { graphResource } from './token-verifier.js';

const formBytesMax = 64 * 1024;
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** How tokens are issued: lifetime as clients are told it, in simulated seconds. */
export interface TokenPolicy { lifetimeSeconds: number }

interface Client { clientId: string; secret: string | null; assertion: string | null }

/** POST /{tenant}/oauth2/v2.0/token: the client credentials grant with secret or certificate (graph/platform.md 2). */
export function makeTokenEndpoint(deps: { world: World; key: SigningKey; policy: TokenPolicy }): (req: HostRequest) => Promise<GraphReply> {
  const { world, key, policy } = deps;
  return async (req) => {
    const correlation = req.headers['client-request-id'];
    const fail = (code: AadstsCode, message: string): never => {
      throw entraFault(code, message, { nowMs: world.clock.now(), correlationId: typeof correlation === 'string' ? correlation : undefined });
    };
    const tenant = findTenant(world, req.params['tenant'] ?? '', fail);
    const form = new URLSearchParams((await req.body(formBytesMax)).toString('utf8'));
    const grant = form.get('grant_type') ?? fail(900144, "The request body must contain the following parameter: 'grant_type'.");
    if (grant !== 'client_credentials') fail(70003, `The app requested an unsupported grant type '${grant}'.`);
    const client = readClient(form, req.headers.authorization);
    if (client === null) return fail(900144, "The request body must contain the following parameter: 'client_id'.");
    const app = world.apps.find(client.clientId);
    if (app === undefined) return fail(700016, `Application with identifier '${client.clientId}' was not found in the directory '${tenant.displayName}'.`);
    await authenticate(app, client, form, tenant, world, fail);
    const scope = form.get('scope') ?? fail(900144, "The request body must contain the following parameter: 'scope'.");
    checkScope(scope, fail);
    return { status: 200, headers: noStore, contentType: 'application/json; charset=utf-8', json: issue(app, client, tenant, world, key, policy, fail) };
  };
}

const noStore = { 'Cache-Control': 'no-store, no-cache', Pragma: 'no-cache' };

function findTenant(world: World, name: string, fail: (code: AadstsCode, message: string) => never): SimTenant {
  if (['common', 'organizations', 'consumers'].includes(name.toLowerCase())) {
    fail(9001023, `The grant type is not supported over the /common, /organizations or /consumers endpoints. Please use the tenant-specific endpoint.`);
  }
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name) && !name.includes('.')) {
    fail(900023, `Specified tenant identifier '${name}' is neither a valid DNS name, nor a valid external domain.`);
  }
  return world.findTenant(name) ?? fail(90002, `Tenant '${name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`);
}

function readClient(form: URLSearchParams, authorization: string | undefined): Client | null {
  const assertion = form.get('client_assertion_type') === assertionType ? form.get('client_assertion') : null;
  const basic = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon > 0) return { clientId: formDecode(text.slice(0, colon)), secret: formDecode(text.slice(colon + 1)), assertion: null };
  }
  const clientId = form.get('client_id');
  return clientId === null || clientId === '' ? null : { clientId, secret: form.get('client_secret'), assertion };
}

/** RFC 6749 2.3.1: both halves of Basic are form-encoded first. */
function formDecode(text: string): string {
  return new URLSearchParams(`v=${text}`).get('v') ?? text;
}

async function authenticate(
  app: AppRegistration, client: Client, form: URLSearchParams, tenant: SimTenant, world: World, fail: (code: AadstsCode, message: string) => never,
): Promise<void> {
  if (client.assertion !== null) {
    const problem = await assertionProblem(app, client.assertion, tenant);
    if (problem !== null) fail(700027, `The certificate with identifier used to sign the client assertion is not registered on application, or the assertion is not valid: ${problem}.`);
    return;
  }
  if (client.secret === null || client.secret === '') fail(7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.");
  // A '+' in a form is a blank: secrets pasted raw into curl arrive so, and Entra refuses them as wrong just the same.
  const verdict = checkSecret(app, client.secret ?? form.get('client_secret') ?? '', world.clock.now());
  if (verdict === 'wrong') {
    fail(7000215, `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${app.clientId}'.`);
  }
  if (verdict === 'expired') fail(7000222, `The provided client secret keys for app '${app.clientId}' are expired.`);
}

/** Why an assertion does not prove the app; null when it does. Lifetimes count on the client's clock, which is the real one. */
async function assertionProblem(app: AppRegistration, assertion: string, tenant: SimTenant): Promise<string | null> {
  try {
    const header = decodeProtectedHeader(assertion);
    const sha256 = header['x5t#S256'];
    const certificate = app.certificates.find((c) => (typeof sha256 === 'string' ? c.thumbprintSha256 === sha256 : c.thumbprintSha1 === header.x5t));
    if (certificate === undefined) return 'no registered certificate has this thumbprint';
    const { payload } = await jwtVerify(assertion, certificate.publicKey, { algorithms: ['PS256', 'RS256'], issuer: app.clientId, subject: app.clientId, clockTolerance: 300 });
    if (payload.exp === undefined || payload.jti === undefined) return 'exp and jti are required';
    if (!audiences(payload.aud).some((aud) => fitsTenant(aud, tenant))) return 'the audience is not this token endpoint';
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be read';
  }
}

function audiences(aud: string | string[] | undefined): string[] {
  return aud === undefined ? [] : Array.isArray(aud) ? aud : [aud];
}

/** The audience is whatever address the client knows the endpoint by, so only its path is compared. */
function fitsTenant(aud: string, tenant: SimTenant): boolean {
  const match = /^https?:\/\/[^/]+\/([^/]+)\/(oauth2\/v2\.0\/token|oauth2\/token|v2\.0)\/?$/i.exec(aud);
  const name = match?.[1]?.toLowerCase();
  return name === tenant.id || name === tenant.domain || name === tenant.initialDomain;
}

function checkScope(scope: string, fail: (code: AadstsCode, message: string) => never): void {
  const scopes = scope.split(/\s+/).filter((s) => s !== '');
  // A scope that names no resource is one of Microsoft Graph.
  const only = scopes[0] === '.default' ? `${graphResource}/.default` : (scopes[0] ?? '');
  if (scopes.length !== 1 || !only.endsWith('/.default')) {
    fail(1002012, `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`);
  }
  const resource = only.slice(0, -'/.default'.length).replace(/\/$/, '');
  if (resource !== graphResource && resource !== '00000003-0000-0000-c000-000000000000') {
    fail(500011, `The resource principal named ${resource} was not found in the tenant.`);
  }
}

function issue(
  app: AppRegistration, client: Client, tenant: SimTenant, world: World, key: SigningKey, policy: TokenPolicy, fail: (code: AadstsCode, message: string) => never,
): Record<string, unknown> {
  const consent = world.apps.findConsent(tenant.id, app.clientId);
  if (consent === undefined) {
    return world.apps.wasRevoked(tenant.id, app.clientId)
      ? fail(7000229, `The client application ${app.clientId} is missing service principal in the tenant ${tenant.id}.`)
      : fail(700016, `Application with identifier '${app.clientId}' was not found in the directory '${tenant.displayName}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.`);
  }
  if (!consent.enabled) return fail(7000112, `Application '${app.clientId}'(${app.displayName}) is disabled.`);
  const iat = Math.floor(world.clock.now() / 1000);
  const roles = consent.grants.map((g) => g.role);
  const token = key.sign({
    aud: graphResource,
    iss: `https://sts.windows.net/${tenant.id}/`,
    iat,
    nbf: iat,
    exp: iat + policy.lifetimeSeconds,
    app_displayname: app.displayName,
    appid: app.clientId,
    appidacr: client.assertion === null ? '1' : '2',
    idp: `https://sts.windows.net/${tenant.id}/`,
    idtyp: 'app',
    oid: consent.servicePrincipalId,
    // Entra leaves the claim out when nothing was granted.
    ...(roles.length === 0 ? {} : { roles }),
    sub: consent.servicePrincipalId,
    tid: tenant.id,
    uti: randomBytes(16).toString('base64url'),
    ver: '1.0',
  });
  return { token_type: 'Bearer', expires_in: policy.lifetimeSeconds - 1, ext_expires_in: policy.lifetimeSeconds - 1, access_token: token };
}
