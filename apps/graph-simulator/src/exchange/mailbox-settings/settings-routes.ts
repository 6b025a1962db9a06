/** mailboxSettings with its sub-resources and userPurpose (graph/exchange.md 7). */
import { z } from 'zod';
import { applySelect, checkSelect, contextUrl, parseSelect } from '../../http/odata.js';
import { GraphFault, type GraphRequest, type Route } from '../../http/route.js';
import { mailboxOfUser } from '../admin/mailbox-of.js';
import type { Mailbox } from '../store/mailbox.js';
import { makeId } from '../store/outlook-id.js';
import type { MailboxSettings } from '../store/settings.js';

const read = ['MailboxSettings.Read', 'MailboxSettings.ReadWrite'];
const write = ['MailboxSettings.ReadWrite'];
const base = '/users/{user}/mailboxSettings';

export const userBudget = (req: Pick<GraphRequest, 'params' | 'tenant'>): string | null => req.tenant.findUser(req.params['user'] ?? '')?.id ?? null;
export const mailboxOfRequest = (req: Pick<GraphRequest, 'params' | 'tenant'>): Mailbox => mailboxOfUser(req.tenant, req.params['user'] ?? '');

const zonedTime = z.strictObject({ dateTime: z.string(), timeZone: z.string() });
const Change = z.strictObject({
  '@odata.context': z.string().optional(),
  timeZone: z.string().min(1).optional(),
  dateFormat: z.string().optional(),
  timeFormat: z.string().optional(),
  delegateMeetingMessageDeliveryOptions: z.enum(['sendToDelegateAndInformationToPrincipal', 'sendToDelegateAndPrincipal', 'sendToDelegateOnly']).optional(),
  language: z.looseObject({ locale: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/) }).optional(),
  workingHours: z.looseObject({ daysOfWeek: z.array(z.string()), startTime: z.string(), endTime: z.string(), timeZone: z.looseObject({ name: z.string() }) }).optional(),
  automaticRepliesSetting: z
    .looseObject({
      status: z.enum(['disabled', 'alwaysEnabled', 'scheduled']).optional(),
      externalAudience: z.enum(['none', 'contactsOnly', 'all']).optional(),
      scheduledStartDateTime: zonedTime.optional(),
      scheduledEndDateTime: zonedTime.optional(),
      internalReplyMessage: z.string().optional(),
      externalReplyMessage: z.string().optional(),
    })
    .optional(),
});

const languageNames = new Intl.DisplayNames(['en'], { type: 'language' });

function view(req: GraphRequest, mailbox: Mailbox): Record<string, unknown> {
  const { settings } = mailbox;
  const replies = settings.automaticReplies;
  const archive = mailbox.wellKnown('archive');
  return {
    archiveFolder: archive === undefined ? null : makeId('folder', mailbox.guid, archive.key),
    timeZone: settings.timeZone,
    delegateMeetingMessageDeliveryOptions: settings.delegateMeetingMessageDeliveryOptions,
    dateFormat: settings.dateFormat,
    timeFormat: settings.timeFormat,
    userPurpose: req.tenant.findUser(mailbox.userId)?.kind ?? 'user',
    automaticRepliesSetting: { status: replies.status, externalAudience: replies.externalAudience, scheduledStartDateTime: replies.start, scheduledEndDateTime: replies.end, internalReplyMessage: replies.internalMessage, externalReplyMessage: replies.externalMessage },
    language: { locale: settings.locale, displayName: settings.languageName },
    workingHours: { daysOfWeek: settings.workingHours.daysOfWeek, startTime: settings.workingHours.startTime, endTime: settings.workingHours.endTime, timeZone: { name: settings.workingHours.timeZone } },
  };
}

function apply(settings: MailboxSettings, change: z.output<typeof Change>): void {
  const { language, workingHours, automaticRepliesSetting: replies } = change;
  if (change.timeZone !== undefined) settings.timeZone = change.timeZone;
  if (change.dateFormat !== undefined) settings.dateFormat = change.dateFormat;
  if (change.timeFormat !== undefined) settings.timeFormat = change.timeFormat;
  if (change.delegateMeetingMessageDeliveryOptions !== undefined) settings.delegateMeetingMessageDeliveryOptions = change.delegateMeetingMessageDeliveryOptions;
  if (language !== undefined) {
    settings.locale = language.locale;
    settings.languageName = languageNames.of(language.locale) ?? language.locale;
  }
  if (workingHours !== undefined) settings.workingHours = { daysOfWeek: workingHours.daysOfWeek, startTime: workingHours.startTime, endTime: workingHours.endTime, timeZone: workingHours.timeZone.name };
  if (replies !== undefined) {
    const { automaticReplies } = settings;
    settings.automaticReplies = {
      status: replies.status ?? automaticReplies.status,
      externalAudience: replies.externalAudience ?? automaticReplies.externalAudience,
      start: replies.scheduledStartDateTime ?? automaticReplies.start,
      end: replies.scheduledEndDateTime ?? automaticReplies.end,
      internalMessage: replies.internalReplyMessage ?? automaticReplies.internalMessage,
      externalMessage: replies.externalReplyMessage ?? automaticReplies.externalMessage,
    };
  }
}

/** Parses a body or answers as Graph does to a property it does not know or cannot read. */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const what = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : (issue?.path.join('.') ?? '');
  throw new GraphFault(400, 'RequestBodyRead', `The property '${what}' is not valid: ${issue?.message ?? 'malformed body'}`);
}

const subResources = ['automaticRepliesSetting', 'language', 'workingHours', 'timeZone', 'dateFormat', 'timeFormat', 'userPurpose', 'archiveFolder', 'delegateMeetingMessageDeliveryOptions'] as const;

export function settingsRoutes(): Route[] {
  const common = { service: 'outlook', mailbox: userBudget } as const;
  const context = (req: GraphRequest, mailbox: Mailbox, rest = ''): string => contextUrl(req, `users('${mailbox.userId}')/mailboxSettings${rest}`);
  return [
    {
      ...common,
      method: 'GET',
      path: base,
      roles: read,
      handle: (req) => {
        const mailbox = mailboxOfRequest(req);
        const select = parseSelect(req.query);
        checkSelect(select, subResources, 'microsoft.graph.mailboxSettings');
        return { status: 200, json: { '@odata.context': context(req, mailbox), ...applySelect(null, view(req, mailbox), select) } };
      },
    },
    ...subResources.map(
      (name): Route => ({
        ...common,
        method: 'GET',
        path: `${base}/${name}`,
        roles: read,
        handle: (req) => {
          const mailbox = mailboxOfRequest(req);
          const value = view(req, mailbox)[name];
          return { status: 200, json: { '@odata.context': context(req, mailbox, `/${name}`), ...(typeof value === 'object' && value !== null ? value : { value }) } };
        },
      }),
    ),
    {
      ...common,
      method: 'PATCH',
      path: base,
      roles: write,
      write: true,
      handle: async (req) => {
        const mailbox = mailboxOfRequest(req);
        apply(mailbox.settings, parseBody(Change, await req.json()));
        return { status: 200, json: { '@odata.context': context(req, mailbox), ...view(req, mailbox) } };
      },
    },
  ];
}
