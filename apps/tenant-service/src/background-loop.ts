/** Work that is done again and again: woken when there is some, and every few seconds for what an instance that died left undone. */
import type { Logger } from '@migrator/service-kit/logger';

export interface BackgroundLoop {
  wake(): void;
  stop(): Promise<void>;
}

/** `run` says whether there was something to do; then it is called again at once. `what` names the work in the log. */
export function startBackgroundLoop(what: string, run: (stop: AbortSignal) => Promise<boolean>, logger: Logger, everyMs = 3_000): BackgroundLoop {
  const abort = new AbortController();
  let wake: () => void = () => undefined;
  let woken = false;
  const loop = (async () => {
    while (!abort.signal.aborted) {
      woken = false;
      try {
        if (await run(abort.signal)) continue;
      } catch (error) {
        logger.warn({ err: error, work: what }, 'work in the background failed and is tried again');
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
