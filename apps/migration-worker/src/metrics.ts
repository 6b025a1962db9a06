/** What a worker shows to Prometheus. Ids belong in logs, not in labels. */
import type { GovernorObserver } from '@migrator/graph-client';
import { Counter, createMetrics, Gauge, Histogram, type Registry } from '@migrator/service-kit/metrics';

export interface WorkerMetrics {
  readonly registry: Registry;
  written(workload: string, items: number, bytes: number): void;
  readonly governor: GovernorObserver;
}

/** Resident memory and the like are among the process's default metrics. */
export function createWorkerMetrics(activeUnits: () => number): WorkerMetrics {
  const registry = createMetrics('migration-worker');
  const registers = [registry];
  const items = new Counter({ name: 'migrator_worker_items_total', help: 'Items written to destinations', labelNames: ['workload'], registers });
  const bytes = new Counter({ name: 'migrator_worker_bytes_total', help: 'Bytes written to destinations', labelNames: ['workload'], registers });
  const requests = new Histogram({ name: 'migrator_worker_graph_request_seconds', help: 'Requests to Microsoft by status class', labelNames: ['budget', 'status'], buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120], registers });
  /** Found once each: finding a series by its labels takes longer than counting in it. */
  const bySeries = new Map<string, ReturnType<typeof requests.labels>>();
  const throttled = new Counter({ name: 'migrator_worker_graph_throttled_total', help: 'Times Microsoft told us to wait', labelNames: ['budget'], registers });
  const waited = new Counter({ name: 'migrator_worker_graph_waited_seconds_total', help: 'Time requests waited for their budget', labelNames: ['budget'], registers });
  new Gauge({
    name: 'migrator_worker_units_active',
    help: 'Units at work',
    registers,
    collect() {
      this.set(activeUnits());
    },
  });
  return {
    registry,
    written: (workload, count, size) => {
      items.inc({ workload }, count);
      bytes.inc({ workload }, size);
    },
    governor: {
      onWait: ({ kind }, waitedMs) => {
        waited.inc({ budget: kind }, waitedMs / 1_000);
      },
      onThrottled: ({ kind }) => {
        throttled.inc({ budget: kind });
      },
      onRequest: ({ kind }, status, tookMs) => {
        const answer = status === 429 ? '429' : status === 0 ? 'none' : `${Math.floor(status / 100)}xx`;
        const key = `${kind} ${answer}`;
        let series = bySeries.get(key);
        if (series === undefined) bySeries.set(key, (series = requests.labels({ budget: kind, status: answer })));
        series.observe(tookMs / 1_000);
      },
    },
  };
}
