/** What agents call one by one; their check-ins come together (see check-in-route). */
import { deviceEndpoints } from '@migrator/contracts/endpoints/devices';
import { notFound } from '@migrator/contracts/errors';
import { openRoute } from '@migrator/service-kit/endpoint-route';
import type { RouteSpec } from '@migrator/service-kit/http';
import type { makeReportResult } from '../commands/report-result.js';
import type { makeRegisterDevice } from '../devices/register-device.js';
import type { AgentLimits } from './agent-limits.js';

export interface AgentRoutesDeps {
  limits: AgentLimits;
  registerDevice: ReturnType<typeof makeRegisterDevice>;
  reportResult: ReturnType<typeof makeReportResult>;
}

export function agentRoutes({ limits, registerDevice, reportResult }: AgentRoutesDeps): RouteSpec[] {
  return [
    openRoute(deviceEndpoints.registerDevice, async ({ org, body, clientAddress }) => {
      // The gateway has found the organisation that the body names.
      if (org === null || org !== body.orgId) throw notFound('NOT_FOUND');
      await limits.ofRegistrations(clientAddress);
      await limits.ofOrganisation(org);
      return registerDevice(org, body);
    }),
    openRoute(deviceEndpoints.reportResult, async ({ body, clientAddress }) => {
      await limits.ofAddress(clientAddress);
      await reportResult(body);
      return { ok: true as const };
    }),
  ];
}
