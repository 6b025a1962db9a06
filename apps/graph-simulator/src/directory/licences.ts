import { stableGuid } from '../world/ids.js';
import type { DirectoryUser, SimTenant } from '../world/tenant.js';

/** The one subscription simulated tenants own: Office 365 E3, with its published ids. */
export const sku = { skuId: '6fd2c87f-b296-42f0-b197-1e91e994b900', skuPartNumber: 'ENTERPRISEPACK' } as const;

const plans = [
  { servicePlanId: 'efb87545-963c-4e0d-99df-69c6916d9eb0', servicePlanName: 'EXCHANGE_S_ENTERPRISE', service: 'exchange' },
  { servicePlanId: '5dbe027f-2339-4123-9542-606e4d348a72', servicePlanName: 'SHAREPOINTENTERPRISE', service: 'SharePoint' },
  { servicePlanId: '57ff2da0-773e-42df-b2af-ffb7a2317929', servicePlanName: 'TEAMS1', service: 'TeamspaceAPI' },
] as const;

/** Bought units: room for some more than there are users. */
export function unitsBought(tenant: SimTenant): number {
  return Math.max(25, Math.ceil((tenant.users.length + 10) / 25) * 25);
}

/** Units in use. */
export function unitsUsed(tenant: SimTenant): number {
  return tenant.users.filter((u) => u.licensed).length;
}

const servicePlans = plans.map(({ servicePlanId, servicePlanName }) => ({ servicePlanId, servicePlanName, provisioningStatus: 'Success', appliesTo: 'User' }));

/** The tenant's subscription, as `/subscribedSkus` lists it. */
export function subscribedSku(tenant: SimTenant): Record<string, unknown> {
  return {
    accountId: tenant.id,
    accountName: tenant.initialDomain.split('.')[0],
    appliesTo: 'User',
    capabilityStatus: 'Enabled',
    consumedUnits: unitsUsed(tenant),
    id: `${tenant.id}_${sku.skuId}`,
    skuId: sku.skuId,
    skuPartNumber: sku.skuPartNumber,
    subscriptionIds: [stableGuid('subscription', tenant.id)],
    prepaidUnits: { enabled: unitsBought(tenant), suspended: 0, warning: 0, lockedOut: 0 },
    servicePlans,
  };
}

/** What `/users/{id}/licenseDetails` lists for a user. */
export function licenseDetails(user: DirectoryUser): Record<string, unknown>[] {
  if (!user.licensed) return [];
  return [{ id: Buffer.from(`${user.id}${sku.skuId}`.replaceAll('-', ''), 'hex').toString('base64url'), skuId: sku.skuId, skuPartNumber: sku.skuPartNumber, servicePlans }];
}

/** `assignedPlans` of a user. */
export function assignedPlans(user: DirectoryUser): Record<string, unknown>[] {
  if (!user.licensed) return [];
  return plans.map(({ servicePlanId, service }) => ({ assignedDateTime: user.createdDateTime, capabilityStatus: 'Enabled', service, servicePlanId }));
}
