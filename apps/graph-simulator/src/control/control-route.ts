import type { World } from '../world/world.js';

/** A call to the control interface, which only tests, demos and people use. */
export interface ControlRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body as JSON; `undefined` when there is none. */
  json(): Promise<unknown>;
  readonly world: World;
}

/** One operation of the control interface. What `handle` resolves to is the JSON answer (200). */
export interface ControlRoute {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Same template syntax as Graph routes. */
  path: string;
  /** One line for the index page. */
  summary: string;
  handle(req: ControlRequest): Promise<unknown>;
}

/** A refusal with a status; anything else thrown is 500. ZodError is 400 with its issues. */
export class ControlError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
    this.name = 'ControlError';
  }
}
