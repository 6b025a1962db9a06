import { z } from 'zod';
import { entityReply } from '../../../http/odata.js';
import type { GraphReply } from '../../../http/route.js';
import type { Item, TaskContent } from '../../store/item.js';
import { contextOf, notFound, param, roles, type Call, type OutlookRoute } from '../core/call.js';
import { list, loaded } from '../core/list.js';
import { show, wantedOf, type View } from '../core/view.js';
import { readInput, unknownProperty, type InputRules } from '../input/read-input.js';
import { linkView, partId, stepView, taskOf } from './task-view.js';

const { read, write } = roles.tasks;
const text = z.string().nullable().optional();

/** What a task has several of: steps, linked resources. */
interface Parts<P extends { key: number }, Shape extends z.ZodObject> {
  readonly name: 'checklistItems' | 'linkedResources';
  readonly rules: InputRules<Shape>;
  view(item: Item): View<P>;
  of(task: TaskContent): readonly P[];
  blank(key: number, now: string): P;
  assign(part: P, input: z.infer<Shape>, now: string): P;
  replace(task: TaskContent, parts: P[]): TaskContent;
}

function partRoutes<P extends { key: number }, Shape extends z.ZodObject>(parts: Parts<P, Shape>, find: (call: Call) => Item): OutlookRoute[] {
  const path = `/todo/lists/{list}/tasks/{task}/${parts.name}`;
  const context = (call: Call): string => contextOf(call, `todo/lists('${param(call, 'list')}')/tasks('${param(call, 'task')}')/${parts.name}`);
  const reply = (call: Call, item: Item, part: P, status = 200): GraphReply => entityReply(call.req, context(call), show(parts.view(item), part, call, wantedOf(parts.view(item), call.req.query)), status);
  const save = (call: Call, item: Item, all: P[]): void => { call.mailbox.updateItem(item.key, { ...item.content, task: parts.replace(taskOf(item), all) }); };
  const one = (call: Call, item: Item): P => {
    const part = parts.of(taskOf(item)).find((each) => partId(call, item, each as never) === param(call, 'part').toLowerCase());
    if (part === undefined) throw notFound();
    return part;
  };
  return [
    { method: 'GET', path, roles: read, handle: (call) => { const item = find(call); return list(call, parts.view(item), { context: context(call), rows: loaded(parts.of(taskOf(item))), pageSize: 100 }); } },
    {
      method: 'POST', path, roles: write, write: true,
      handle: async (call) => {
        const item = find(call);
        const now = call.mailbox.now();
        const part = parts.assign(parts.blank(call.mailbox.nextPartKey(), now), readInput(parts.rules, await call.req.json()), now);
        save(call, item, [...parts.of(taskOf(item)), part]);
        return reply(call, item, part, 201);
      },
    },
    { method: 'GET', path: `${path}/{part}`, roles: read, handle: (call) => { const item = find(call); return reply(call, item, one(call, item)); } },
    {
      method: 'PATCH', path: `${path}/{part}`, roles: write, write: true,
      handle: async (call) => {
        const item = find(call);
        const before = one(call, item);
        const part = parts.assign(before, readInput(parts.rules, await call.req.json()), call.mailbox.now());
        save(call, item, parts.of(taskOf(item)).map((each) => (each === before ? part : each)));
        return reply(call, item, part);
      },
    },
    { method: 'DELETE', path: `${path}/{part}`, roles: write, write: true, handle: (call) => { const item = find(call); const gone = one(call, item); save(call, item, parts.of(taskOf(item)).filter((each) => each !== gone)); return { status: 204 }; } },
  ];
}

const stepShape = z.object({ displayName: text, isChecked: z.boolean().nullable().optional(), checkedDateTime: text, createdDateTime: text });
const linkShape = z.object({ webUrl: text, applicationName: text, displayName: text, externalId: text });

/** Steps and linked resources of a task that `find` names. */
export function taskPartRoutes(find: (call: Call) => Item): OutlookRoute[] {
  return [
    ...partRoutes<TaskContent['steps'][number], typeof stepShape>({
      name: 'checklistItems', rules: { shape: stepShape, serverOwned: ['id'], unknown: unknownProperty('checklistItem') }, view: stepView, of: (task) => task.steps,
      blank: (key, now) => ({ key, displayName: '', isChecked: false, createdAt: now, checkedAt: null }),
      assign: (step, input, now) => {
        const isChecked = input.isChecked ?? step.isChecked;
        return { ...step, displayName: input.displayName ?? step.displayName, isChecked, checkedAt: isChecked ? step.checkedAt ?? now : null };
      },
      replace: (task, steps) => ({ ...task, steps }),
    }, find),
    ...partRoutes<TaskContent['links'][number], typeof linkShape>({
      name: 'linkedResources', rules: { shape: linkShape, serverOwned: ['id'], unknown: unknownProperty('linkedResource') }, view: linkView, of: (task) => task.links,
      blank: (key) => ({ key, applicationName: '', displayName: '', externalId: '', webUrl: '' }),
      assign: (link, input) => ({ ...link, applicationName: input.applicationName ?? link.applicationName, displayName: input.displayName ?? link.displayName, externalId: input.externalId ?? link.externalId, webUrl: input.webUrl ?? link.webUrl }),
      replace: (task, links) => ({ ...task, links }),
    }, find),
  ];
}
