/**
 * Keeps a claim: renews it at job-service and in the ledger, and passes on what job-service wants. Time is counted from before each
 * call, so that our own idea of the lease always ends before the one of those who would take it over.
 */
import type { Logger } from '@migrator/service-kit/logger';
import { Stopped, type Halt } from '../engine/halt.js';
import { ClaimLost } from '../engine/unit-ledger.js';
import type { DesiredState } from './job-service.js';

export interface LeaseOptions {
  leaseSeconds: number;
  renewJob: () => Promise<DesiredState>;
  /** False when the ledger has another holder. */
  renewLedger: () => Promise<boolean>;
  halt: Halt;
  logger: Logger;
  /** Milliseconds that only ever grow. */
  now?: () => number;
}

export interface Lease {
  /** False when the lease has run out by our own clock. */
  holds(): boolean;
  /** Looks at the desired state now; concurrent calls share one look. */
  renewNow(): Promise<void>;
  /** Ends the timers; the claim itself is ended by `finish`. */
  end(): void;
}

/** `claimedAt`: `now()` from before the claim was asked for. */
export function keepLease({ leaseSeconds, renewJob, renewLedger, halt, logger, now = () => performance.now() }: LeaseOptions, claimedAt: number): Lease {
  const leaseMs = leaseSeconds * 1_000;
  let validUntil = claimedAt + leaseMs;
  let ended = false;
  let looking: Promise<void> | null = null;
  let expiry: NodeJS.Timeout | undefined;
  const armExpiry = (): void => {
    clearTimeout(expiry);
    expiry = setTimeout(() => {
      if (ended) return;
      if (now() < validUntil) armExpiry();
      else halt.abort(new ClaimLost('the lease ran out'));
    }, Math.max(0, validUntil - now()));
  };
  const look = async (): Promise<void> => {
    const askedAt = now();
    try {
      const [desired, held] = await Promise.all([renewJob(), renewLedger()]);
      if (ended) return;
      if (desired === 'lost' || !held) {
        halt.abort(new ClaimLost('the claim has been given to another worker'));
        return;
      }
      validUntil = askedAt + leaseMs;
      armExpiry();
      if (desired !== 'run') halt.stop(new Stopped(desired));
    } catch (error) {
      // Tried again at the next turn; if nothing comes through the lease runs out and the work stops by itself.
      logger.warn({ err: error }, 'a lease could not be renewed');
    }
  };
  const renewNow = (): Promise<void> => {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };
  const timer = setInterval(() => void renewNow(), leaseMs / 3);
  armExpiry();
  return {
    holds: () => now() < validUntil,
    renewNow,
    end: () => {
      ended = true;
      clearInterval(timer);
      clearTimeout(expiry);
    },
  };
}
