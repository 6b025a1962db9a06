import { timingSafeEqual, X509Certificate, createHash, type KeyObject } from 'node:crypto';
import type { SimClock } from './clock.js';
import { stableGuid } from './ids.js';

/** Graph's own application id, the same in every tenant. */
export const graphAppId = '00000003-0000-0000-c000-000000000000';

/** A password of a registration. */
export interface AppSecret { value: string; expiresAt: string | null }

/** A certificate of a registration, with both thumbprints an assertion may name it by. */
export interface AppCertificate { thumbprintSha1: string; thumbprintSha256: string; publicKey: KeyObject; expiresAt: string }

/** An application as its publisher registered it (multi-tenant: one client id, consented in many tenants). */
export interface AppRegistration {
  /** GUID, lower case. */
  clientId: string;
  displayName: string;
  secrets: AppSecret[];
  certificates: AppCertificate[];
  redirectUris: string[];
  /** The static list of application permissions that `/.default` asks for. */
  requiredRoles: string[];
}

/** One granted application permission: an appRoleAssignment of the service principal. */
export interface RoleGrant { id: string; role: string; createdDateTime: string }

/** The app's service principal in one tenant, which consent created. */
export interface Consent {
  servicePrincipalId: string;
  tenantId: string;
  clientId: string;
  consentedAt: string;
  grants: RoleGrant[];
  /** An administrator can switch the application off without removing it. */
  enabled: boolean;
}

const knownRoleIds: Readonly<Record<string, string>> = {
  'MailboxItem.Export.All': '937550e9-33a3-494b-88ae-d9cd394b1fbb',
  'MailboxItem.ImportExport.All': '76577085-e73d-4f1d-b26a-85fb33892327',
  'MailboxFolder.Read.All': '99280d24-a782-4793-93cc-0888549957f6',
  'MailboxFolder.ReadWrite.All': 'fef87b92-8391-4589-9da7-eb93dab7dc8a',
  'MailboxSettings.Read': '40f97065-369a-49f4-947c-6a255697ae91',
  'User.Read.All': 'df021288-bdef-4463-88db-98f22de89214',
  'Mail.Read': '810c84a8-4a9e-49e6-bf7d-12d183f40d01',
  'Mail.ReadWrite': 'e2a3a72e-5f79-4c64-b1b1-878b674786c9',
  'Organization.Read.All': '498476ce-e0fe-48b0-b801-37ba7e2685c6',
  'Group.Read.All': '5b567255-7703-4780-807c-7be8301ae99b',
  'Reports.Read.All': '230c1aed-a721-4c5d-9cb4-a90514e508ef',
};

/** The appRoleId Graph's service principal lists for a permission; names without a published id get a stable one. */
export function appRoleId(role: string): string {
  return knownRoleIds[role] ?? stableGuid('app role', role);
}

/** Reads a PEM certificate. Throws when it is none. */
export function readCertificate(pem: string): AppCertificate {
  const certificate = new X509Certificate(pem);
  const hash = (algorithm: string): string => createHash(algorithm).update(certificate.raw).digest('base64url');
  return { thumbprintSha1: hash('sha1'), thumbprintSha256: hash('sha256'), publicKey: certificate.publicKey, expiresAt: new Date(certificate.validTo).toISOString() };
}

/** Whether a secret opens the app: wrong and expired are told apart, as Entra does. */
export function checkSecret(app: AppRegistration, value: string, nowMs: number): 'ok' | 'wrong' | 'expired' {
  const given = createHash('sha256').update(value).digest();
  const secret = app.secrets.find((s) => timingSafeEqual(createHash('sha256').update(s.value).digest(), given));
  if (secret === undefined) return 'wrong';
  return secret.expiresAt !== null && Date.parse(secret.expiresAt) <= nowMs ? 'expired' : 'ok';
}

/** Registrations, and which tenant consented to what. */
export class AppRegistry {
  readonly #apps = new Map<string, AppRegistration>();
  readonly #consents = new Map<string, Consent>();
  readonly #revoked = new Map<string, { atMs: number; endsTokens: boolean }>();

  constructor(private readonly clock: SimClock) {}

  /** Adds a registration, replacing one of the same client id. */
  register(app: AppRegistration): void {
    this.#apps.set(app.clientId.toLowerCase(), { ...app, clientId: app.clientId.toLowerCase() });
  }

  find(clientId: string): AppRegistration | undefined {
    return this.#apps.get(clientId.toLowerCase());
  }

  list(): AppRegistration[] {
    return [...this.#apps.values()];
  }

  findConsent(tenantId: string, clientId: string): Consent | undefined {
    return this.#consents.get(key(tenantId, clientId));
  }

  /** The service principal by its object id within a tenant. */
  findPrincipal(tenantId: string, servicePrincipalId: string): Consent | undefined {
    return this.consents().find((c) => c.tenantId === tenantId && c.servicePrincipalId === servicePrincipalId);
  }

  consents(): Consent[] {
    return [...this.#consents.values()];
  }

  /** Records an administrator's consent: exactly `roles` are granted afterwards. May run twice. */
  consent(tenantId: string, clientId: string, roles: readonly string[]): Consent {
    const id = key(tenantId, clientId);
    const now = new Date(this.clock.now()).toISOString();
    const before = this.#consents.get(id);
    const consent: Consent = {
      servicePrincipalId: before?.servicePrincipalId ?? stableGuid('service principal', id),
      tenantId: tenantId.toLowerCase(),
      clientId: clientId.toLowerCase(),
      consentedAt: now,
      grants: [...new Set(roles)].map((role) => before?.grants.find((g) => g.role === role) ?? { id: grantId(id, role), role, createdDateTime: now }),
      enabled: true,
    };
    this.#consents.set(id, consent);
    this.#revoked.delete(id);
    return consent;
  }

  /**
   * Deletes the service principal. Tokens already issued live on until they expire, or end now with `endTokens`
   * (what continuous access evaluation does). False when there was nothing to revoke.
   */
  revoke(tenantId: string, clientId: string, options: { endTokens: boolean }): boolean {
    const id = key(tenantId, clientId);
    if (!this.#consents.delete(id)) return false;
    this.#revoked.set(id, { atMs: this.clock.now(), endsTokens: options.endTokens });
    return true;
  }

  /** A consent was given here once and taken back. */
  wasRevoked(tenantId: string, clientId: string): boolean {
    return this.#revoked.has(key(tenantId, clientId));
  }

  /** Whether tokens of this pair are refused although they have not expired. */
  tokensEnded(tenantId: string, clientId: string): boolean {
    return this.#revoked.get(key(tenantId, clientId))?.endsTokens === true;
  }
}

function key(tenantId: string, clientId: string): string {
  return `${tenantId.toLowerCase()} ${clientId.toLowerCase()}`;
}

function grantId(consent: string, role: string): string {
  return createHash('sha256').update(`${consent} ${role}`).digest('base64url').slice(0, 43);
}
