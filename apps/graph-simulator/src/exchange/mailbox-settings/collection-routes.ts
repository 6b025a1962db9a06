/** Master categories, inbox rules and Focused Inbox overrides (graph/exchange.md 7). */
import { z } from 'zod';
import { applySelect, contextUrl, pageReply, parseSelect } from '../../http/odata.js';
import { GraphFault, type GraphRequest, type Route } from '../../http/route.js';
import type { Mailbox } from '../store/mailbox.js';
import type { InboxRule, MasterCategory, SenderOverride } from '../store/settings.js';
import { mailboxOfRequest, parseBody, userBudget } from './settings-routes.js';

const settingsRead = ['MailboxSettings.Read', 'MailboxSettings.ReadWrite'];
const settingsWrite = ['MailboxSettings.ReadWrite'];
const colours = ['none', ...Array.from({ length: 25 }, (_each, n) => `preset${String(n)}`)] as [string, ...string[]];
const notFound = (): GraphFault => new GraphFault(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');

const NewCategory = z.strictObject({ displayName: z.string().min(1).max(255), color: z.enum(colours).default('none') });
const CategoryChange = z.strictObject({ color: z.enum(colours) });
const part = z.record(z.string(), z.unknown()).nullable();
const NewRule = z.strictObject({ displayName: z.string().min(1).max(256), sequence: z.number().int().default(1), isEnabled: z.boolean().default(true), conditions: part.optional(), exceptions: part.optional(), actions: z.record(z.string(), z.unknown()) });
const RuleChange = NewRule.partial();
const NewOverride = z.strictObject({ classifyAs: z.enum(['focused', 'other']), senderEmailAddress: z.strictObject({ name: z.string().nullish(), address: z.string().min(3) }) });

/** Exchange keeps the words of conditions in capitals. */
function inCapitals(conditions: Record<string, unknown> | null | undefined): Record<string, unknown> | null {
  if (conditions === null || conditions === undefined) return null;
  return Object.fromEntries(Object.entries(conditions).map(([name, value]) => [name, name.endsWith('Contains') && Array.isArray(value) ? value.map((each: unknown) => (typeof each === 'string' ? each.toUpperCase() : each)) : value]));
}

const ruleView = (rule: InboxRule): Record<string, unknown> => ({
  id: rule.id,
  displayName: rule.displayName,
  sequence: rule.sequence,
  isEnabled: rule.isEnabled,
  hasError: rule.hasError,
  isReadOnly: rule.isReadOnly,
  ...(rule.conditions === null ? {} : { conditions: rule.conditions }),
  ...(rule.exceptions === null ? {} : { exceptions: rule.exceptions }),
  actions: rule.actions,
});
const overrideView = ({ id, classifyAs, name, address }: SenderOverride): Record<string, unknown> => ({ id, classifyAs, senderEmailAddress: { name, address } });
const categoryView = ({ id, displayName, color }: MasterCategory): Record<string, unknown> => ({ id, displayName, color });

/** Whole, in one page: these collections are small. */
const list = (req: GraphRequest, mailbox: Mailbox, rest: string, value: Record<string, unknown>[]) => pageReply(req, { context: `users('${mailbox.userId}')/${rest}`, value: value.map((each) => applySelect(null, each, parseSelect(req.query))) });
const one = (req: GraphRequest, mailbox: Mailbox, rest: string, entity: Record<string, unknown>, status = 200) => ({ status, json: { '@odata.context': contextUrl(req, `users('${mailbox.userId}')/${rest}`, { entity: true }), ...entity } });

export function collectionRoutes(): Route[] {
  const common = { service: 'outlook', mailbox: userBudget } as const;
  const categories = '/users/{user}/outlook/masterCategories';
  const rules = '/users/{user}/mailFolders/inbox/messageRules';
  const overrides = '/users/{user}/inferenceClassification/overrides';
  const ruleOf = (mailbox: Mailbox, id: string | undefined): InboxRule => {
    const rule = mailbox.rules.find((each) => each.id === id);
    if (rule === undefined) throw notFound();
    return rule;
  };
  const categoryOf = (mailbox: Mailbox, id: string | undefined): MasterCategory => {
    const category = mailbox.categories.find((each) => each.id === id);
    if (category === undefined) throw notFound();
    return category;
  };
  return [
    { ...common, method: 'GET', path: categories, roles: settingsRead, handle: (req) => list(req, mailboxOfRequest(req), 'outlook/masterCategories', mailboxOfRequest(req).categories.map(categoryView)) },
    {
      ...common,
      method: 'POST',
      path: categories,
      roles: settingsWrite,
      write: true,
      handle: async (req) => {
        const mailbox = mailboxOfRequest(req);
        const body = parseBody(NewCategory, await req.json());
        if (mailbox.categories.some((each) => each.displayName.toLowerCase() === body.displayName.toLowerCase())) throw new GraphFault(409, 'ErrorCategoryExists', 'A category with the specified name already exists.');
        const category = { id: guidOf(mailbox), ...body };
        mailbox.categories.push(category);
        return one(req, mailbox, 'outlook/masterCategories', categoryView(category), 201);
      },
    },
    {
      ...common,
      method: 'PATCH',
      path: `${categories}/{category}`,
      roles: settingsWrite,
      write: true,
      handle: async (req) => {
        const mailbox = mailboxOfRequest(req);
        const category = categoryOf(mailbox, req.params['category']);
        category.color = parseBody(CategoryChange, await req.json()).color;
        return one(req, mailbox, 'outlook/masterCategories', categoryView(category));
      },
    },
    {
      ...common,
      method: 'DELETE',
      path: `${categories}/{category}`,
      roles: settingsWrite,
      write: true,
      handle: (req) => {
        const mailbox = mailboxOfRequest(req);
        mailbox.categories.splice(mailbox.categories.indexOf(categoryOf(mailbox, req.params['category'])), 1);
        return { status: 204 };
      },
    },
    { ...common, method: 'GET', path: rules, roles: settingsRead, handle: (req) => list(req, mailboxOfRequest(req), "mailFolders('inbox')/messageRules", [...mailboxOfRequest(req).rules].sort((a, b) => a.sequence - b.sequence).map(ruleView)) },
    {
      ...common,
      method: 'POST',
      path: rules,
      roles: settingsWrite,
      write: true,
      handle: async (req) => {
        const mailbox = mailboxOfRequest(req);
        const body = parseBody(NewRule, await req.json());
        const rule: InboxRule = { id: `AQAA${guidOf(mailbox).replaceAll('-', '').slice(0, 10)}=`, displayName: body.displayName, sequence: body.sequence, isEnabled: body.isEnabled, isReadOnly: false, hasError: false, conditions: inCapitals(body.conditions), exceptions: inCapitals(body.exceptions), actions: body.actions };
        mailbox.rules.push(rule);
        return one(req, mailbox, "mailFolders('inbox')/messageRules", ruleView(rule), 201);
      },
    },
    {
      ...common,
      method: 'PATCH',
      path: `${rules}/{rule}`,
      roles: settingsWrite,
      write: true,
      handle: async (req) => {
        const mailbox = mailboxOfRequest(req);
        const rule = ruleOf(mailbox, req.params['rule']);
        if (rule.isReadOnly) throw new GraphFault(403, 'ErrorAccessDenied', 'The rule is read-only.');
        const body = parseBody(RuleChange, await req.json());
        if (body.displayName !== undefined) rule.displayName = body.displayName;
        if (body.sequence !== undefined) rule.sequence = body.sequence;
        if (body.isEnabled !== undefined) rule.isEnabled = body.isEnabled;
        if (body.conditions !== undefined) rule.conditions = inCapitals(body.conditions);
        if (body.exceptions !== undefined) rule.exceptions = inCapitals(body.exceptions);
        if (body.actions !== undefined) rule.actions = body.actions;
        return one(req, mailbox, "mailFolders('inbox')/messageRules", ruleView(rule));
      },
    },
    {
      ...common,
      method: 'DELETE',
      path: `${rules}/{rule}`,
      roles: settingsWrite,
      write: true,
      handle: (req) => {
        const mailbox = mailboxOfRequest(req);
        mailbox.rules.splice(mailbox.rules.indexOf(ruleOf(mailbox, req.params['rule'])), 1);
        return { status: 204 };
      },
    },
    { ...common, method: 'GET', path: overrides, roles: ['Mail.Read', 'Mail.ReadWrite'], handle: (req) => list(req, mailboxOfRequest(req), 'inferenceClassification/overrides', mailboxOfRequest(req).overrides.map(overrideView)) },
    {
      ...common,
      method: 'POST',
      path: overrides,
      roles: ['Mail.ReadWrite'],
      write: true,
      handle: async (req) => {
        const mailbox = mailboxOfRequest(req);
        const { classifyAs, senderEmailAddress } = parseBody(NewOverride, await req.json());
        // A second override for the same sender changes the first.
        const known = mailbox.overrides.find((each) => each.address.toLowerCase() === senderEmailAddress.address.toLowerCase());
        if (known === undefined && mailbox.overrides.length >= 1000) throw new GraphFault(400, 'ErrorInvalidRequest', 'There are 1,000 overrides already.');
        const override: SenderOverride = known ?? { id: guidOf(mailbox), classifyAs, name: senderEmailAddress.name ?? '', address: senderEmailAddress.address };
        if (known === undefined) mailbox.overrides.push(override);
        override.classifyAs = classifyAs;
        override.name = senderEmailAddress.name ?? override.name;
        return one(req, mailbox, 'inferenceClassification/overrides', overrideView(override), known === undefined ? 201 : 200);
      },
    },
  ];
}

function guidOf(mailbox: Mailbox): string {
  const hex = mailbox.randomHex(16).toLowerCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
