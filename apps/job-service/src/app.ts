/** The service's Express app, from parts already built. */
import type { Express } from 'express';
import type { IdentityVerifier } from '@migrator/service-kit/identity';
import { createServiceApp } from '@migrator/service-kit/http';
import type { Logger } from '@migrator/service-kit/logger';
import { jobDetailRoutes, type JobDetailRoutesDeps } from './jobs/job-detail-routes.js';
import { jobRoutes, type JobRoutesDeps } from './jobs/job-routes.js';
import { linkRoutes, type LinkRoutesDeps } from './links/link-routes.js';
import { mappingRoutes, type MappingRoutesDeps } from './mappings/mapping-routes.js';
import { platformRoutes, type PlatformRoutesDeps } from './jobs/platform-routes.js';
import { reportRoutes, type ReportRoutesDeps } from './verification/report-routes.js';
import { workerRoutes, type WorkerRoutesDeps } from './units/worker-routes.js';

export type JobServiceRoutesDeps = JobRoutesDeps & JobDetailRoutesDeps & LinkRoutesDeps & MappingRoutesDeps & PlatformRoutesDeps & ReportRoutesDeps & WorkerRoutesDeps;

export function createJobServiceApp({ logger, identity, deps }: { logger: Logger; identity: IdentityVerifier; deps: JobServiceRoutesDeps }): Express {
  return createServiceApp({ logger, identity, routes: [...jobRoutes(deps), ...jobDetailRoutes(deps), ...linkRoutes(deps), ...mappingRoutes(deps), ...platformRoutes(deps), ...reportRoutes(deps), ...workerRoutes(deps)] });
}
