/** Categories, rules and Focused Inbox overrides one at a time; their collections are in `mailbox-settings`. */
import { z } from 'zod';
import { contextUrl, entityReply } from '../../../http/odata.js';
import type { GraphReply } from '../../../http/route.js';
import type { InboxRule, MasterCategory, SenderOverride } from '../../store/settings.js';
import { contextOf, invalidProperty, notFound, param, roles, type Call, type OutlookRoute } from '../core/call.js';
import { show, wantedOf, type View } from '../core/view.js';
import { emailAddressInput } from '../input/outlook-schemas.js';
import { readInput, unknownProperty } from '../input/read-input.js';

const categoryView: View<MasterCategory> = {
  typeName: 'microsoft.graph.outlookCategory',
  properties: { id: (each) => each.id, displayName: (each) => each.displayName, color: (each) => each.color },
};

const ruleView: View<InboxRule> = {
  typeName: 'microsoft.graph.messageRule',
  properties: {
    id: (rule) => rule.id, displayName: (rule) => rule.displayName, sequence: (rule) => rule.sequence, isEnabled: (rule) => rule.isEnabled, hasError: (rule) => rule.hasError, isReadOnly: (rule) => rule.isReadOnly,
    conditions: (rule) => rule.conditions ?? undefined, exceptions: (rule) => rule.exceptions ?? undefined, actions: (rule) => rule.actions,
  },
};

const overrideView: View<SenderOverride> = {
  typeName: 'microsoft.graph.inferenceClassificationOverride',
  properties: { id: (each) => each.id, classifyAs: (each) => each.classifyAs, senderEmailAddress: ({ name, address }) => ({ name, address }) },
};

const overrideRules = { shape: z.object({ classifyAs: z.enum(['focused', 'other']).optional(), senderEmailAddress: emailAddressInput.optional() }), serverOwned: ['id'], unknown: unknownProperty('inferenceClassificationOverride') };

function found<T extends { id: string }>(all: readonly T[], id: string): T {
  const one = all.find((each) => each.id === id);
  if (one === undefined) throw notFound();
  return one;
}

const reply = <T>(call: Call, view: View<T>, place: string, source: T): GraphReply => entityReply(call.req, contextOf(call, place), show(view, source, call, wantedOf(view, call.req.query)));

async function patchOverride(call: Call): Promise<GraphReply> {
  const override = found(call.mailbox.overrides, param(call, 'override'));
  const { classifyAs, senderEmailAddress } = readInput(overrideRules, await call.req.json());
  if (senderEmailAddress?.address != null && senderEmailAddress.address.toLowerCase() !== override.address.toLowerCase()) throw invalidProperty('The sender of an override cannot be changed.', 'senderEmailAddress');
  if (classifyAs !== undefined) override.classifyAs = classifyAs;
  return reply(call, overrideView, 'inferenceClassification/overrides', override);
}

function deleteOverride(call: Call): GraphReply {
  const { overrides } = call.mailbox;
  overrides.splice(overrides.indexOf(found(overrides, param(call, 'override'))), 1);
  return { status: 204 };
}

export function singleSettingRoutes(): OutlookRoute[] {
  const override = '/inferenceClassification/overrides/{override}';
  return [
    { method: 'GET', path: '/outlook/masterCategories/{category}', roles: roles.settings.read, handle: (call) => reply(call, categoryView, 'outlook/masterCategories', found(call.mailbox.categories, param(call, 'category'))) },
    { method: 'GET', path: '/mailFolders/inbox/messageRules/{rule}', roles: roles.settings.read, handle: (call) => reply(call, ruleView, "mailFolders('inbox')/messageRules", found(call.mailbox.rules, param(call, 'rule'))) },
    { method: 'GET', path: '/inferenceClassification', roles: roles.mail.read, handle: (call) => ({ status: 200, json: { '@odata.context': contextUrl(call.req, contextOf(call, 'inferenceClassification'), { entity: true }), id: 'InferenceClassification' } }) },
    { method: 'PATCH', path: override, roles: roles.mail.write, write: true, handle: patchOverride },
    { method: 'DELETE', path: override, roles: roles.mail.write, write: true, handle: deleteOverride },
  ];
}
