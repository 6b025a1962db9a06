/** The agent's three calls. */
import { deviceEndpoints } from '@migrator/contracts/endpoints/devices';
import { notFound } from '@migrator/contracts/errors';
import { openRoute } from '@migrator/service-kit/endpoint-route';
import type { RouteSpec } from '@migrator/service-kit/http';
import type { makeCheckIn } from '../check-in/check-in.js';
import type { makeReportResult } from '../commands/report-result.js';
import type { makeRegisterDevice } from '../devices/register-device.js';
import type { AgentLimits } from './agent-limits.js';

export interface AgentRoutesDeps {
  limits: AgentLimits;
  registerDevice: ReturnType<typeof makeRegisterDevice>;
  checkIn: ReturnType<typeof makeCheckIn>;
  reportResult: ReturnType<typeof makeReportResult>;
}

export function agentRoutes({ limits, registerDevice, checkIn, reportResult }: AgentRoutesDeps): RouteSpec[] {
  return [
    openRoute(deviceEndpoints.registerDevice, async ({ org, body, clientAddress }) => {
      // The gateway has found the organisation that the body names.
      if (org === null || org !== body.orgId) throw notFound('NOT_FOUND');
      await limits.ofRegistrations(clientAddress);
      await limits.ofOrganisation(org);
      return registerDevice(org, body);
    }),
    openRoute(deviceEndpoints.checkIn, async ({ body, clientAddress }) => {
      await limits.ofAddress(clientAddress);
      const { orgId, commands } = await checkIn(body);
      // A command that has been handed out is delivered, whatever the count says.
      if (commands.length === 0) await limits.ofOrganisation(orgId);
      return { commands };
    }),
    openRoute(deviceEndpoints.reportResult, async ({ body, clientAddress }) => {
      await limits.ofAddress(clientAddress);
      await reportResult(body);
      return { ok: true as const };
    }),
  ];
}
