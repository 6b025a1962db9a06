/** A call that the gateway answers itself, by the contract. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buildAnswer, isStream, parseBody, parseParams, parseQuery, type AnswerOf, type BodyOf, type Endpoint, type ParamsOf, type QueryOf } from '@migrator/contracts/endpoint';
import type { Logger } from '@migrator/service-kit/logger';
import type { PersonPrincipal, Principal } from '../access/principal.js';

/** One request on its way through the gateway. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** The client's address, also behind a trusted proxy. */
  readonly clientAddress: string;
  /** True when the client came by TLS, here or at a trusted proxy. */
  readonly secure: boolean;
  readonly path: string;
  /** The raw query, without `?`. */
  readonly search: string;
  params: Record<string, string | undefined>;
  readonly log: Logger;
}

export type OwnCall<E extends Endpoint> = Exchange & { params: ParamsOf<E>; query: QueryOf<E>; body: BodyOf<E> };

/** What the listener runs: everything is parsed in here, and the answer is the contract's. */
export interface OwnRoute {
  endpoint: Endpoint;
  /** `body` is parsed JSON. The answer's JSON, or null when the handler wrote the response itself. */
  run(exchange: Exchange, query: Record<string, unknown>, body: unknown, principal: Principal | null): Promise<unknown>;
}

const make = <E extends Endpoint>(endpoint: E, handle: (call: OwnCall<E>, principal: Principal | null) => Promise<AnswerOf<E> | null>): OwnRoute => ({
  endpoint,
  run: async (exchange, query, body, principal) => {
    const call: OwnCall<E> = Object.assign(Object.create(exchange) as Exchange, { params: parseParams(endpoint, exchange.params), query: parseQuery(endpoint, query), body: parseBody(endpoint, body) });
    const answer = await handle(call, principal);
    return answer === null || isStream(endpoint.answer) ? null : buildAnswer(endpoint, answer);
  },
});

/** A call of anybody. The handler may set headers on `response`; it does not write the answer unless the contract says it streams. */
export const publicRoute = <E extends Endpoint>(endpoint: E, handle: (call: OwnCall<E>) => Promise<AnswerOf<E> | null>): OwnRoute => make(endpoint, (call) => handle(call));

/** A call of a key or a person; the scope has been checked. */
export const organisationRoute = <E extends Endpoint>(endpoint: E, handle: (call: OwnCall<E>, principal: Principal) => Promise<AnswerOf<E> | null>): OwnRoute =>
  make(endpoint, (call, principal) => {
    if (principal === null) throw new Error(`${endpoint.id} was let in without a principal`);
    return handle(call, principal);
  });

/** A call of a signed-in person; keys have been refused. */
export const personRoute = <E extends Endpoint>(endpoint: E, handle: (call: OwnCall<E>, person: PersonPrincipal) => Promise<AnswerOf<E> | null>): OwnRoute =>
  make(endpoint, (call, principal) => {
    if (principal?.kind !== 'person') throw new Error(`${endpoint.id} was let in without a person`);
    return handle(call, principal);
  });
