import { GraphFault, type GraphReply, type GraphRequest, type GraphVersion, type Route } from '../../../http/route.js';
import type { World } from '../../../world/world.js';
import { mailboxOfUser } from '../../admin/mailbox-of.js';
import { QuotaExceeded, type Mailbox } from '../../store/mailbox.js';
import { readPreferences, type Preferences } from './prefer.js';

/** A call below `/users/{user}`: the request, the mailbox it means and what `Prefer` asks for. */
export interface Call {
  readonly req: GraphRequest;
  readonly world: World;
  readonly mailbox: Mailbox;
  readonly prefer: Preferences;
}

/** One operation of Outlook's JSON API; `path` begins after `/users/{user}`. */
export interface OutlookRoute {
  method: Route['method'];
  path: string;
  roles: readonly string[];
  write?: boolean;
  queryOptions?: readonly string[];
  versions?: readonly GraphVersion[];
  handle(call: Call): GraphReply | Promise<GraphReply>;
}

/** Role names by family: any one of them grants the call (graph/exchange.md 0 and 1). */
export const roles = {
  mail: { read: ['Mail.Read', 'Mail.ReadWrite'], write: ['Mail.ReadWrite'] },
  calendars: { read: ['Calendars.Read', 'Calendars.ReadWrite'], write: ['Calendars.ReadWrite'] },
  contacts: { read: ['Contacts.Read', 'Contacts.ReadWrite'], write: ['Contacts.ReadWrite'] },
  settings: { read: ['MailboxSettings.Read', 'MailboxSettings.ReadWrite'], write: ['MailboxSettings.ReadWrite'] },
  tasks: { read: ['Tasks.Read.All', 'Tasks.ReadWrite.All'], write: ['Tasks.ReadWrite.All'] },
} as const;

/** A parameter of the path; the router has seen to it that it is there. */
export const param = (call: Call, name: string): string => call.req.params[name] ?? '';

/** `users('id')/rest`, for `@odata.context`. */
export const contextOf = (call: Call, rest: string): string => `users('${call.mailbox.userId}')/${rest}`;

export const notFound = (): GraphFault => new GraphFault(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
export const malformedId = (): GraphFault => new GraphFault(400, 'ErrorInvalidIdMalformed', 'Id is malformed.');
export const invalidProperty = (message: string, target?: string): GraphFault => new GraphFault(400, 'ErrorInvalidProperty', message, target === undefined ? {} : { target });

/** Turns operations into routes: opens the mailbox, answers `Preference-Applied`, and says so when the mailbox is full. */
export function outlookRoutes(world: World, operations: readonly OutlookRoute[]): Route[] {
  return operations.map(({ path, roles: granted, handle, ...rest }) => ({
    ...rest,
    path: `/users/{user}${path}`,
    roles: granted,
    service: 'outlook' as const,
    mailbox: (req: Pick<GraphRequest, 'params' | 'tenant'>) => req.tenant.findUser(req.params['user'] ?? '')?.id ?? null,
    handle: async (req: GraphRequest): Promise<GraphReply> => {
      const prefer = readPreferences(req);
      try {
        const reply = await handle({ req, world, mailbox: mailboxOfUser(req.tenant, req.params['user'] ?? ''), prefer });
        return prefer.applied === '' ? reply : { ...reply, headers: { ...reply.headers, 'Preference-Applied': prefer.applied } };
      } catch (error) {
        if (error instanceof QuotaExceeded) throw new GraphFault(507, 'ErrorQuotaExceeded', 'The operation failed because the mailbox is over its quota.');
        throw error;
      }
    },
  }));
}

/** The same operation under several prefixes, as Graph offers messages and events. */
export function under(prefixes: readonly string[], operations: readonly OutlookRoute[]): OutlookRoute[] {
  return prefixes.flatMap((prefix) => operations.map((operation) => ({ ...operation, path: `${prefix}${operation.path}` })));
}
