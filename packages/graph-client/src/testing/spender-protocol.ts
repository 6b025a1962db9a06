/** What a test and its spenders tell one another. */
import type { Flow } from '../governor/governor.js';

export interface SpenderOptions {
  redisUrl: string;
  prefix: string;
  flows: Flow[];
  overrides: unknown;
  /** Requests each flow has waiting or under way. */
  lanes: number;
  /** How long a request takes. */
  serviceMs: number;
  bytes?: number;
  mailbox?: string;
  /** Requests go to drives instead, a unit each. */
  files?: boolean;
}
/** Milliseconds of one clock for all processes of this machine. */
export const machineTime = (): number => performance.timeOrigin + performance.now();

export type SpenderOrder = { start: string | null } | { stop: true } | { throttled: number } | { left: { limit: number; remaining: number; resetSeconds: number } } | { leave: true };
export type SpenderReport = { ready: true } | { shared: boolean } | { went: string; bytes: number; at: number } | { came: number; since: number } | { restMs: number; told: boolean } | { lateMs: number };
