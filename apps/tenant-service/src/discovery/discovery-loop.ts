/** Carries out discovery runs one after the other; woken by new ones, and every few seconds for those of an instance that died. */
import type { Logger } from '@migrator/service-kit/logger';

export interface DiscoveryLoop {
  wake(): void;
  stop(): Promise<void>;
}

export function startDiscoveryLoop(run: (stop: AbortSignal) => Promise<boolean>, logger: Logger, everyMs = 3_000): DiscoveryLoop {
  const abort = new AbortController();
  let wake: () => void = () => undefined;
  let woken = false;
  const loop = (async () => {
    while (!abort.signal.aborted) {
      woken = false;
      try {
        if (await run(abort.signal)) continue;
      } catch (error) {
        logger.warn({ err: error }, 'discovery runs could not be looked for');
      }
      if (woken) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();
  const rouse = (): void => {
    woken = true;
    wake();
  };
  return {
    wake: rouse,
    stop: async () => {
      abort.abort();
      rouse();
      await loop;
    },
  };
}
