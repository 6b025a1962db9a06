/** What a worker shows to Prometheus. Ids belong in logs, not in labels. */
import { createGraphMetrics, type GraphMetrics } from '@migrator/service-kit/graph-metrics';
import { Counter, createMetrics, Gauge, type Registry } from '@migrator/service-kit/metrics';

export interface WorkerMetrics {
  readonly registry: Registry;
  written(workload: string, items: number, bytes: number): void;
  readonly graph: GraphMetrics;
}

/** Resident memory and the like are among the process's default metrics. */
export function createWorkerMetrics(activeUnits: () => number): WorkerMetrics {
  const registry = createMetrics('migration-worker');
  const registers = [registry];
  const items = new Counter({ name: 'migrator_worker_items_total', help: 'Items written to destinations', labelNames: ['workload'], registers });
  const bytes = new Counter({ name: 'migrator_worker_bytes_total', help: 'Bytes written to destinations', labelNames: ['workload'], registers });
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
    graph: createGraphMetrics(registry, 'migrator_worker_graph'),
  };
}
