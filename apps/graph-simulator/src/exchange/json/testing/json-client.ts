import { addPerson } from '../../../world/people.js';
import { startTestSimulator, type CallOptions, type Reply, type TestSimulator } from '../../../testing/test-simulator.js';
import { createGeneratedMailbox } from '../../generator/fill-mailbox.js';
import type { Mailbox } from '../../store/mailbox.js';

export type Json = Record<string, unknown>;

/** One mailbox of a simulator, reached over real sockets; paths begin after `/users/{user}`. */
export interface JsonClient {
  readonly sim: TestSimulator;
  readonly mailbox: Mailbox;
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Reply>;
  /** The answer's JSON; throws when the status is not the expected one. */
  readonly json: (method: string, path: string, body?: unknown, options?: CallOptions & { status?: number }) => Promise<Json>;
  /** Every entity of a collection, following nextLinks; `pages` are their sizes. */
  readonly all: (path: string, options?: CallOptions) => Promise<{ value: Json[]; pages: number[]; deltaLink: string }>;
}

/** A client of a new mailbox with this content; all clients of a test file may share one simulator. */
export async function jsonClient(sim: TestSimulator, alias: string, content: unknown = 'empty'): Promise<JsonClient> {
  const user = addPerson(sim.tenant, { alias, displayName: `Person ${alias}` });
  const mailbox = createGeneratedMailbox(sim.tenant.exchange, user, content);
  const token = await sim.token();
  const call: JsonClient['call'] = (method, path, options = {}) => sim.call(method, path.startsWith('http') ? path : `/v1.0/users/${user.id}${path}`, { token, ...options });
  const json: JsonClient['json'] = async (method, path, body, { status, ...options } = {}) => {
    const reply = await call(method, path, { ...(body === undefined ? {} : { body }), ...options });
    const wanted = status ?? (method === 'POST' ? 201 : 200);
    if (reply.status !== wanted) throw new Error(`${method} ${path} answered ${String(reply.status)}, not ${String(wanted)}: ${reply.text}`);
    return reply.json ?? {};
  };
  const all: JsonClient['all'] = async (path, options = {}) => {
    const value: Json[] = [];
    const pages: number[] = [];
    for (let next: string | undefined = path; ;) {
      const page: Json = await json('GET', next, undefined, options);
      const rows = page['value'] as Json[];
      value.push(...rows);
      pages.push(rows.length);
      next = page['@odata.nextLink'] as string | undefined;
      if (next === undefined) return { value, pages, deltaLink: (page['@odata.deltaLink'] as string | undefined) ?? '' };
    }
  };
  return { sim, mailbox, call, json, all };
}

export { startTestSimulator };
