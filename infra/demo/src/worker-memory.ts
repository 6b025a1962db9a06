/** The most memory that any worker was seen to use, from its metrics. */
import type { StackStatus } from '@migrator/stack';

export interface MemoryWatch {
  /** Bytes, resident. */
  readonly highest: number;
  stop(): void;
}

export function watchWorkerMemory(services: StackStatus['services']): MemoryWatch {
  let highest = 0;
  const look = async (): Promise<void> => {
    for (const { name, privateUrl } of services) {
      if (!name.startsWith('migration-worker') || privateUrl === null) continue;
      try {
        const text = await (await fetch(`${privateUrl}/metrics`, { signal: AbortSignal.timeout(2_000) })).text();
        const bytes = Number(/^process_resident_memory_bytes(?:\{[^}]*\})? ([\d.e+]+)$/m.exec(text)?.[1] ?? 0);
        highest = Math.max(highest, bytes);
      } catch {
        // A worker that was killed on purpose answers nothing.
      }
    }
  };
  const timer = setInterval(() => void look(), 500);
  return {
    get highest() {
      return highest;
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}
