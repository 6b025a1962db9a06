import type { ServerProcess } from './child.js';

/** A server of ours on loopback. */
export interface LocalServer extends ServerProcess {
  readonly url: string;
  readonly port: number;
}
