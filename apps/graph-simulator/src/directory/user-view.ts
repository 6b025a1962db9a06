import type { DirectoryUser } from '../world/tenant.js';
import { assignedPlans, sku } from './licences.js';

/** What `GET /users` returns without `$select` (https://learn.microsoft.com/graph/api/user-list). */
export const userDefaults = ['businessPhones', 'displayName', 'givenName', 'id', 'jobTitle', 'mail', 'mobilePhone', 'officeLocation', 'preferredLanguage', 'surname', 'userPrincipalName'] as const;

/** Properties real users have and simulated ones do not fill. */
const unfilled: Readonly<Record<string, null | []>> = {
  ageGroup: null, city: null, companyName: null, consentProvidedForMinor: null, country: null, creationType: null, deletedDateTime: null,
  employeeHireDate: null, employeeId: null, employeeType: null, externalUserState: null, externalUserStateChangeDateTime: null, faxNumber: null,
  imAddresses: [], isResourceAccount: null, legalAgeGroupClassification: null, licenseAssignmentStates: [], onPremisesDistinguishedName: null,
  onPremisesDomainName: null, onPremisesImmutableId: null, onPremisesLastSyncDateTime: null, onPremisesProvisioningErrors: [],
  onPremisesSamAccountName: null, onPremisesSecurityIdentifier: null, onPremisesSyncEnabled: null, onPremisesUserPrincipalName: null,
  otherMails: [], passwordPolicies: null, postalCode: null, preferredDataLocation: null, provisionedPlans: [], securityIdentifier: null,
  showInAddressList: null, state: null, streetAddress: null,
};

/** A user as Graph shows it, every property. */
export function userView(user: DirectoryUser): Record<string, unknown> {
  return {
    ...unfilled,
    id: user.id,
    businessPhones: user.businessPhones,
    displayName: user.displayName,
    givenName: user.givenName,
    jobTitle: user.jobTitle,
    mail: user.mail,
    mobilePhone: user.mobilePhone,
    officeLocation: user.officeLocation,
    preferredLanguage: user.preferredLanguage,
    surname: user.surname,
    userPrincipalName: user.userPrincipalName,
    accountEnabled: user.accountEnabled,
    assignedLicenses: user.licensed ? [{ disabledPlans: [], skuId: sku.skuId }] : [],
    assignedPlans: assignedPlans(user),
    createdDateTime: user.createdDateTime,
    department: user.department,
    identities: [{ signInType: 'userPrincipalName', issuer: user.userPrincipalName.split('@')[1] ?? null, issuerAssignedId: user.userPrincipalName }],
    mailNickname: user.mailNickname,
    proxyAddresses: user.proxyAddresses,
    usageLocation: user.usageLocation,
    userType: user.userType,
  };
}

/** Every name `$select` may use on a user. */
export const userKnown: readonly string[] = [
  ...Object.keys(unfilled), ...userDefaults, 'accountEnabled', 'assignedLicenses', 'assignedPlans', 'createdDateTime', 'department', 'identities', 'mailNickname', 'proxyAddresses', 'usageLocation', 'userType',
];
