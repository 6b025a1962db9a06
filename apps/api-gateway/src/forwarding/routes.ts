/** Which service owns which address. The services answer 404 and 405 below these prefixes themselves. */
export type BackendName = 'tenant-service' | 'job-service' | 'device-service';

export interface ForwardRule {
  /** Matches the path itself and everything below it. */
  prefix: string;
  backend: BackendName;
}

export const forwardRules: readonly ForwardRule[] = [
  { prefix: '/v1/tenants', backend: 'tenant-service' },
  { prefix: '/v1/jobs', backend: 'job-service' },
  { prefix: '/v1/devices', backend: 'device-service' },
];

/** Addresses that need no `Authorization`: the callee checks what it gets by other means. */
export const publicAddresses: ReadonlySet<string> = new Set(['GET /v1/tenants/callback', 'POST /v1/devices/register', 'POST /v1/devices/checkin', 'POST /v1/devices/result']);

export const findBackend = (path: string): BackendName | null => forwardRules.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))?.backend ?? null;
