/** Microsoft spreads a fresh consent over its servers for a while: until then tokens and calls are refused that soon will not be. */
import { setTimeout as rest } from 'node:timers/promises';
import { GraphRequestError } from '../graph-request-error.js';
import { TokenError } from './token-error.js';

const lookEveryMs = 1_000;

/**
 * Looks once a second until `look` finds something; refusals that may be the consent still spreading count as finding nothing. From
 * `deadline` on (by `now`) it looks once more, `last`, and what that throws is thrown; it must not find nothing then.
 */
export async function whileConsentSpreads<T>(look: (last: boolean) => Promise<T | null>, deadline: number, now: () => number): Promise<T> {
  for (;;) {
    const last = now() >= deadline;
    try {
      const found = await look(last);
      if (found !== null) return found;
    } catch (error) {
      if (last || !maySpread(error)) throw error;
    }
    if (last) throw new Error('The last look at a consent found neither something nor a reason.');
    await rest(lookEveryMs);
  }
}

const maySpread = (error: unknown): boolean =>
  (error instanceof TokenError && (error.kind === 'consent' || error.kind === 'temporary')) || (error instanceof GraphRequestError && (error.kind === 'unauthorised' || error.kind === 'forbidden'));
