import { z } from 'zod';
import { pageReply } from '../../../http/odata.js';
import { GraphFault, type GraphReply } from '../../../http/route.js';
import { makeId, parseId } from '../../store/outlook-id.js';
import type { Call, OutlookRoute } from '../core/call.js';
import type { Row } from '../core/view.js';
import { asObject, readValue } from '../input/read-input.js';

const formats = ['entryId', 'ewsId', 'immutableEntryId', 'restId', 'restImmutableEntryId'] as const;
type Format = (typeof formats)[number];
const shape = z.object({ inputIds: z.array(z.string()), sourceIdType: z.enum(formats), targetIdType: z.enum(formats) });
const idsMax = 1000;

const isImmutable = (format: Format): boolean => format === 'immutableEntryId' || format === 'restImmutableEntryId';

/** URL-safe base64 whose padding is a digit that counts it: how Graph writes binary entry ids. */
function toBinary(id: string): string {
  const text = Buffer.from(id).toString('base64');
  const padding = (/=*$/.exec(text)?.[0] ?? '').length;
  return `${text.slice(0, text.length - padding).replace(/\+/g, '-').replace(/\//g, '_')}${String(padding)}`;
}

const fromBinary = (text: string): string => (/^[\w-]*[0-2]$/.test(text) ? Buffer.from(text.slice(0, -1), 'base64url').toString('utf8') : '');

/** The REST form of an id in another format. */
function toRest(id: string, format: Format): string {
  if (format === 'entryId' || format === 'immutableEntryId') return fromBinary(id);
  return format === 'ewsId' ? id.replace(/\//g, '-').replace(/\+/g, '_') : id;
}

function fromRest(id: string, format: Format): string {
  if (format === 'entryId' || format === 'immutableEntryId') return toBinary(id);
  return format === 'ewsId' ? id.replace(/-/g, '/').replace(/_/g, '+') : id;
}

function translate(call: Call, sourceId: string, source: Format, target: Format): Row {
  const { guid } = call.mailbox;
  const rest = toRest(sourceId, source);
  // Containers have one id, which every format keeps.
  if (parseId('folder', guid, rest) !== null) return { sourceId, targetId: fromRest(rest, target) };
  const parsed = parseId(isImmutable(source) ? 'immutable' : 'regular', guid, rest);
  const item = parsed === null ? undefined : call.mailbox.item(parsed.key);
  if (parsed === null || item === undefined) return { sourceId, errorDetails: { code: parsed === null ? 'ErrorInvalidIdMalformed' : 'ErrorItemNotFound', message: parsed === null ? 'Id is malformed.' : 'The specified object was not found in the store.' } };
  return { sourceId, targetId: fromRest(isImmutable(target) ? makeId('immutable', guid, item.key) : makeId('regular', guid, item.key, item.moves), target) };
}

async function handle(call: Call): Promise<GraphReply> {
  const body = asObject(await call.req.json());
  const named = Object.fromEntries(Object.entries(body).map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value]));
  const { inputIds, sourceIdType, targetIdType } = readValue(shape, named);
  if (inputIds.length > idsMax) throw new GraphFault(400, 'ErrorInvalidParameter', `At most ${String(idsMax)} ids can be translated at once.`);
  return pageReply(call.req, { context: 'Collection(microsoft.graph.convertIdResult)', value: inputIds.map((id) => translate(call, id, sourceIdType, targetIdType)) });
}

export function translateIdRoutes(): OutlookRoute[] {
  return [{ method: 'POST', path: '/translateExchangeIds', roles: ['User.ReadBasic.All', 'User.Read.All', 'User.ReadWrite.All'], handle }];
}
