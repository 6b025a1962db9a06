/** What tenant-service shows to Prometheus of its calls to Microsoft. Ids belong in logs, not in labels. */
import type { GovernorObserver } from '@migrator/graph-client';
import { Counter, createMetrics, Histogram, type Registry } from '@migrator/service-kit/metrics';

export function createTenantMetrics(): { registry: Registry; governor: GovernorObserver } {
  const registry = createMetrics('tenant-service');
  const registers = [registry];
  const requests = new Histogram({ name: 'migrator_tenant_graph_request_seconds', help: 'Requests to Microsoft by status class', labelNames: ['budget', 'status'], buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120], registers });
  const throttled = new Counter({ name: 'migrator_tenant_graph_throttled_total', help: 'Times Microsoft told us to wait', labelNames: ['budget'], registers });
  const waited = new Counter({ name: 'migrator_tenant_graph_waited_seconds_total', help: 'Time requests waited for their budget', labelNames: ['budget'], registers });
  return {
    registry,
    governor: {
      onWait: ({ kind }, waitedMs) => {
        waited.inc({ budget: kind }, waitedMs / 1_000);
      },
      onThrottled: ({ kind }) => {
        throttled.inc({ budget: kind });
      },
      onRequest: ({ kind }, status, tookMs) => {
        requests.observe({ budget: kind, status: status === 429 ? '429' : status === 0 ? 'none' : `${Math.floor(status / 100)}xx` }, tookMs / 1_000);
      },
    },
  };
}
