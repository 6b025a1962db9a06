/** A route from the contract of a public call: parameters, query and body arrive parsed, the answer leaves as the contract has it. */
import { buildAnswer, isStream, parseBody, parseParams, parseQuery, type AnswerOf, type BodyOf, type Endpoint, type ParamsOf, type QueryOf } from '@migrator/contracts/endpoint';
import { AppError } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import { streamed, type Answer, type Call, type RouteSpec } from './http.js';

/** A call with everything parsed. */
export type EndpointCall<E extends Endpoint> = Omit<Call, 'params' | 'query' | 'body'> & { params: ParamsOf<E>; query: QueryOf<E>; body: BodyOf<E> };

type Handled<E extends Endpoint> = Promise<AnswerOf<E> | typeof streamed>;

/** A call of a key or a person: `org` is theirs. */
export function route<E extends Endpoint>(endpoint: E, handle: (call: EndpointCall<E> & { org: Id<'org'> }) => Handled<E>): RouteSpec {
  if (endpoint.access !== 'organisation') throw new Error(`${endpoint.id} is not a call of an organisation: use openRoute`);
  return { ...base(endpoint), access: 'organisation', scope: endpoint.scope, handle: (call) => answer(endpoint, call, (parsed) => handle({ ...parsed, org: call.org as Id<'org'> })) };
}

/** A call of anybody, or of a device agent by way of the gateway: `org` is null unless the gateway found it out. */
export function openRoute<E extends Endpoint>(endpoint: E, handle: (call: EndpointCall<E> & { org: Id<'org'> | null }) => Handled<E>): RouteSpec {
  if (endpoint.access !== 'public' && endpoint.access !== 'agent') throw new Error(`${endpoint.id} is a call of an organisation: use route`);
  return { ...base(endpoint), access: endpoint.access, handle: (call) => answer(endpoint, call, (parsed) => handle({ ...parsed, org: call.identity.org as Id<'org'> | null })) };
}

const base = ({ method, path, bodyBytesMax, bodyMediaType }: Endpoint) => ({ method, path, ...(bodyBytesMax === undefined ? {} : { bodyBytesMax }), ...(bodyMediaType === undefined ? {} : { bodyMediaType }) });

async function answer<E extends Endpoint>(endpoint: E, call: Call, handle: (call: EndpointCall<E>) => Handled<E>): Promise<Answer | typeof streamed> {
  const parsed = { ...call, params: parseParams(endpoint, call.params), query: parseQuery(endpoint, call.query), body: parseBody(endpoint, call.body) };
  const given = await handle(parsed);
  if (given === streamed) return streamed;
  if (isStream(endpoint.answer)) throw new AppError('INTERNAL_ERROR', { publicMessage: 'Something went wrong on our side.', cause: new Error(`${endpoint.id} must stream its answer`) });
  return { status: endpoint.status, body: buildAnswer(endpoint, given) };
}
