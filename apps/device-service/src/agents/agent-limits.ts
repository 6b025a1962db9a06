/** What agents may ask, by address and by organisation, counted for all instances together. A device's own limit stands in its row. */
import type { SharedRateLimit } from '@migrator/rate-limit/shared-rate-limit';

export interface AgentLimits {
  /** Before anything is looked up: RATE_LIMITED. */
  ofAddress(address: string): Promise<void>;
  /** Registrations are rarer, and each makes a row. */
  ofRegistrations(address: string): Promise<void>;
  /** Once the organisation is known: RATE_LIMITED. */
  ofOrganisation(orgId: string): Promise<void>;
}

export interface AgentLimitNumbers {
  perAddressMinute: number;
  registrationsPerAddressMinute: number;
  perOrganisationMinute: number;
}

/** Agents are never turned away because nobody can count for all: then each instance counts alone. */
export function createAgentLimits(shared: SharedRateLimit, { perAddressMinute, registrationsPerAddressMinute, perOrganisationMinute }: AgentLimitNumbers): AgentLimits {
  const take = async (key: string, limit: number): Promise<void> => {
    await shared.take(key, limit, false);
  };
  return {
    ofAddress: (address) => take(`address ${address}`, perAddressMinute),
    ofRegistrations: (address) => take(`register ${address}`, registrationsPerAddressMinute),
    ofOrganisation: (orgId) => take(orgId, perOrganisationMinute),
  };
}

