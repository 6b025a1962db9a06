import { applySelect, checkSelect, entityReply, pageReply, parseSelect } from '../http/odata.js';
import type { GraphRequest, Route } from '../http/route.js';
import type { DirectoryUser } from '../world/tenant.js';
import type { World } from '../world/world.js';
import { countReply, listReply, notFound, refuseExpand, type DirectoryCollection } from './directory-list.js';
import { licenseDetails } from './licences.js';
import { userDefaults, userKnown, userView } from './user-view.js';

const readUsers = ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'] as const;

/** The user a path names. Throws Graph's 404. */
export function userOf(req: GraphRequest): DirectoryUser {
  const name = req.params['user'] ?? '';
  const user = req.tenant.findUser(name);
  if (user === undefined) throw notFound(name);
  return user;
}

/** Reading users. */
export function userReadRoutes(world: World): Route[] {
  const collection = (req: GraphRequest): DirectoryCollection<DirectoryUser> =>
    ({ world, context: 'users', typeName: 'Microsoft.DirectoryServices.User', items: req.tenant.users, view: userView, known: userKnown, defaults: userDefaults });
  return [
    { method: 'GET', path: '/users', roles: readUsers, service: 'directory', units: 2, handle: (req) => listReply(req, collection(req)) },
    { method: 'GET', path: '/users/$count', roles: readUsers, service: 'directory', handle: (req) => countReply(req, collection(req)) },
    {
      method: 'GET', path: '/users/{user}', roles: readUsers, service: 'directory',
      handle: (req) => {
        refuseExpand(req);
        const select = parseSelect(req.query);
        checkSelect(select, userKnown, 'Microsoft.DirectoryServices.User');
        return entityReply(req, 'users', applySelect(userDefaults, userView(userOf(req)), select));
      },
    },
    {
      method: 'GET', path: '/users/{user}/licenseDetails', roles: [...readUsers, 'LicenseAssignment.Read.All', 'LicenseAssignment.ReadWrite.All'], service: 'directory',
      handle: (req) => {
        const user = userOf(req);
        return pageReply(req, { context: `users('${encodeURIComponent(req.params['user'] ?? '')}')/licenseDetails`, value: licenseDetails(user).map((d) => applySelect(null, d, parseSelect(req.query))) });
      },
    },
  ];
}
