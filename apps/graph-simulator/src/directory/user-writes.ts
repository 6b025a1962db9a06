import { z } from 'zod';
import { entityReply, graphOrigin, applySelect } from '../http/odata.js';
import { GraphFault, type GraphRequest, type Route } from '../http/route.js';
import type { DirectoryUser, SimTenant } from '../world/tenant.js';
import type { World } from '../world/world.js';
import { sku, unitsBought, unitsUsed } from './licences.js';
import { userOf } from './user-routes.js';
import { userDefaults, userView } from './user-view.js';

const writeUsers = ['User.ReadWrite.All', 'Directory.ReadWrite.All'] as const;

const NewUser = z.object({
  accountEnabled: z.boolean(),
  displayName: z.string().min(1).max(256),
  mailNickname: z.string().min(1).max(64),
  userPrincipalName: z.string().min(3).max(113),
  passwordProfile: z.object({ password: z.string().min(8), forceChangePasswordNextSignIn: z.boolean().optional() }).loose(),
  givenName: z.string().nullish(),
  surname: z.string().nullish(),
  usageLocation: z.string().length(2).nullish(),
  preferredLanguage: z.string().nullish(),
  jobTitle: z.string().nullish(),
  department: z.string().nullish(),
  officeLocation: z.string().nullish(),
  mobilePhone: z.string().nullish(),
  businessPhones: z.array(z.string()).optional(),
});

const UserChange = NewUser.omit({ passwordProfile: true }).partial();

const LicenceChange = z.object({
  addLicenses: z.array(z.object({ skuId: z.string(), disabledPlans: z.array(z.string()).optional() })),
  removeLicenses: z.array(z.string()),
});

function badRequest(message: string, details?: { code: string; message: string; target?: string }[]): GraphFault {
  return new GraphFault(400, 'Request_BadRequest', message, details === undefined ? {} : { details });
}

async function parse<T>(req: GraphRequest, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await req.json());
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  throw badRequest(`Invalid value specified for property '${first?.path.join('.') ?? ''}' of resource 'User'. ${first?.message ?? ''}`);
}

function refuseTaken(tenant: SimTenant, upn: string, self?: DirectoryUser): void {
  const domain = upn.split('@')[1]?.toLowerCase();
  if (domain !== tenant.domain && domain !== tenant.initialDomain) {
    throw badRequest('The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.');
  }
  const owner = tenant.findUser(upn);
  if (owner !== undefined && owner !== self) {
    throw badRequest('Another object with the same value for property userPrincipalName already exists.', [{ code: 'ObjectConflict', message: 'Another object with the same value for property userPrincipalName already exists.', target: 'userPrincipalName' }]);
  }
}

/** Creating, changing and deleting users, and their licence. */
export function userWriteRoutes(world: World): Route[] {
  return [
    {
      method: 'POST', path: '/users', roles: writeUsers, service: 'directory', write: true,
      handle: async (req) => {
        const { passwordProfile: _password, ...wanted } = await parse(req, NewUser);
        refuseTaken(req.tenant, wanted.userPrincipalName);
        const user: DirectoryUser = {
          id: world.ids.guid(),
          userPrincipalName: wanted.userPrincipalName,
          displayName: wanted.displayName,
          givenName: wanted.givenName ?? null,
          surname: wanted.surname ?? null,
          mail: null,
          mailNickname: wanted.mailNickname,
          proxyAddresses: [],
          kind: 'user',
          userType: 'Member',
          licensed: false,
          accountEnabled: wanted.accountEnabled,
          usageLocation: wanted.usageLocation ?? null,
          preferredLanguage: wanted.preferredLanguage ?? null,
          jobTitle: wanted.jobTitle ?? null,
          department: wanted.department ?? null,
          officeLocation: wanted.officeLocation ?? null,
          mobilePhone: wanted.mobilePhone ?? null,
          businessPhones: wanted.businessPhones ?? [],
          createdDateTime: new Date(world.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
        };
        req.tenant.addUser(user);
        const reply = entityReply(req, 'users', applySelect(userDefaults, userView(user), null), 201);
        return { ...reply, headers: { Location: `${graphOrigin}/${req.version}/users/${user.id}` } };
      },
    },
    {
      method: 'PATCH', path: '/users/{user}', roles: writeUsers, service: 'directory', write: true,
      handle: async (req) => {
        const user = userOf(req);
        const change = await parse(req, UserChange);
        if (change.userPrincipalName !== undefined) refuseTaken(req.tenant, change.userPrincipalName, user);
        for (const [name, value] of Object.entries(change)) if (value !== undefined) Object.assign(user, { [name]: value });
        return { status: 204 };
      },
    },
    {
      method: 'DELETE', path: '/users/{user}', roles: writeUsers, service: 'directory', write: true,
      handle: (req) => {
        const { id } = userOf(req);
        req.tenant.removeUser(id);
        req.tenant.exchange.removeMailbox(id);
        return { status: 204 };
      },
    },
    {
      method: 'POST', path: '/users/{user}/assignLicense', roles: [...writeUsers, 'LicenseAssignment.ReadWrite.All'], service: 'directory', write: true,
      handle: async (req) => {
        const user = userOf(req);
        const change = await parse(req, LicenceChange);
        const unknown = [...change.addLicenses.map((l) => l.skuId), ...change.removeLicenses].find((id) => id.toLowerCase() !== sku.skuId);
        if (unknown !== undefined) throw badRequest(`License ${unknown} does not correspond to a valid company License.`);
        if (change.removeLicenses.length > 0) {
          if (!user.licensed) throw badRequest('User does not have a corresponding license.');
          user.licensed = false;
        }
        if (change.addLicenses.length > 0 && !user.licensed) {
          if (user.usageLocation === null) throw badRequest('License assignment cannot be done for user with invalid usage location.');
          if (unitsUsed(req.tenant) >= unitsBought(req.tenant)) throw badRequest(`Subscription with SKU ${sku.skuId} does not have any available licenses.`);
          user.licensed = true;
          if (user.mail === null) {
            user.mail = user.userPrincipalName;
            user.proxyAddresses = [`SMTP:${user.userPrincipalName}`];
          }
          if (req.tenant.exchange.mailbox(user.id) === undefined) req.tenant.exchange.createMailbox(user, null);
        }
        return entityReply(req, 'users', applySelect(userDefaults, userView(user), null));
      },
    },
  ];
}
