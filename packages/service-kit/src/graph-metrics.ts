/** What a program that talks to Microsoft shows of its governor to Prometheus. Ids belong in logs, not in labels. */
import type { Logger } from './logger.js';
import { Counter, Gauge, Histogram, type Registry } from './metrics.js';

/** The governor's observers (graph-client), as far as they are counted. */
export interface GraphMetrics {
  readonly governor: {
    onWait(budget: { readonly kind: string }, workload: string, waitedMs: number): void;
    onThrottled(budget: { readonly kind: string }, restMs: number): void;
    onRest(rest: { readonly kind: string; readonly restMs: number; readonly told: boolean }): void;
    onRequest(budget: { readonly kind: string }, status: number, tookMs: number): void;
  };
  /** Also writes a line at every turn. */
  fleet(logger: Logger): { onShared(shared: boolean, cause: unknown): void; onExchange(tookMs: number, reached: boolean): void };
}

/** Every name begins with `prefix`. */
export function createGraphMetrics(registry: Registry, prefix: string): GraphMetrics {
  const registers = [registry];
  const requests = new Histogram({ name: `${prefix}_request_seconds`, help: 'Requests to Microsoft by status class', labelNames: ['budget', 'status'], buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120], registers });
  /** Found once each: finding a series by its labels takes longer than counting in it. */
  const bySeries = new Map<string, ReturnType<typeof requests.labels>>();
  const throttled = new Counter({ name: `${prefix}_throttled_total`, help: 'Times Microsoft told this process to wait', labelNames: ['budget'], registers });
  const rested = new Counter({ name: `${prefix}_rests_total`, help: 'Pauses of budgets that this process uses, by who was told', labelNames: ['budget', 'told'], registers });
  const restedSeconds = new Counter({ name: `${prefix}_rest_seconds_total`, help: 'Length of those pauses as they began', labelNames: ['budget'], registers });
  const waited = new Counter({ name: `${prefix}_waited_seconds_total`, help: 'Time requests waited for their budget', labelNames: ['budget', 'workload'], registers });
  const shared = new Gauge({ name: `${prefix}_budgets_shared`, help: '1 while budgets are shared with the other processes; 0 while this one keeps to a careful share by itself', registers });
  const exchanges = new Histogram({ name: `${prefix}_lease_seconds`, help: 'Round trips to Redis for permits', labelNames: ['reached'], buckets: [0.0005, 0.001, 0.005, 0.02, 0.1, 1], registers });
  return {
    governor: {
      onWait: ({ kind }, workload, waitedMs) => {
        waited.inc({ budget: kind, workload }, waitedMs / 1_000);
      },
      onThrottled: ({ kind }) => {
        throttled.inc({ budget: kind });
      },
      onRest: ({ kind, restMs, told }) => {
        rested.inc({ budget: kind, told: told ? 'this process' : 'another' });
        restedSeconds.inc({ budget: kind }, restMs / 1_000);
      },
      onRequest: ({ kind }, status, tookMs) => {
        const answer = status === 429 ? '429' : status === 0 ? 'none' : `${Math.floor(status / 100)}xx`;
        const key = `${kind} ${answer}`;
        let series = bySeries.get(key);
        if (series === undefined) bySeries.set(key, (series = requests.labels({ budget: kind, status: answer })));
        series.observe(tookMs / 1_000);
      },
    },
    fleet: (logger) => ({
      onShared: (now, cause) => {
        shared.set(now ? 1 : 0);
        if (now) logger.info({}, 'Microsoft’s limits are shared with the other processes');
        else logger.warn({ err: cause }, 'Redis is away, or was emptied: this process keeps to a careful share of Microsoft’s limits by itself');
      },
      onExchange: (tookMs, reached) => {
        exchanges.observe({ reached: reached ? 'yes' : 'no' }, tookMs / 1_000);
      },
    }),
  };
}
