/** What tenant-service shows to Prometheus. */
import { createMetrics, type Registry } from '@migrator/service-kit/metrics';
import { createGraphMetrics, type GraphMetrics } from '@migrator/service-kit/graph-metrics';

export function createTenantMetrics(): { registry: Registry; graph: GraphMetrics } {
  const registry = createMetrics('tenant-service');
  return { registry, graph: createGraphMetrics(registry, 'migrator_tenant_graph') };
}
