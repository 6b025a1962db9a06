/**
 * Check-ins come from the gateway many at a time: a call of its own for each would cost more than the check-in. Each has its own limits,
 * its own answer and its own request id; one that is refused spoils none of the others.
 */
import type { z } from 'zod';
import type { checkInAnswer } from '@migrator/contracts/api/devices';
import { parse } from '@migrator/contracts/errors';
import { checkInsAnswer, checkInsBody, type CheckInCall, type refusedCheckIn } from '@migrator/contracts/internal';
import { ok, toAppError, type RouteSpec } from '@migrator/service-kit/http';
import type { Logger } from '@migrator/service-kit/logger';
import type { AgentLimits } from '../agents/agent-limits.js';
import type { makeCheckIn } from './check-in.js';

export interface CheckInRouteDeps {
  limits: AgentLimits;
  checkIn: ReturnType<typeof makeCheckIn>;
}

export function checkInRoute({ limits, checkIn }: CheckInRouteDeps): RouteSpec {
  const one = async ({ body, address }: CheckInCall): Promise<z.input<typeof checkInAnswer>> => {
    await limits.ofAddress(address);
    const { orgId, commands } = await checkIn(body);
    // A command that has been handed out is delivered, whatever the count says.
    if (commands.length === 0) await limits.ofOrganisation(orgId);
    return { commands };
  };
  return {
    method: 'POST',
    path: '/internal/check-ins',
    access: 'service',
    handle: async ({ body, log }) => {
      const { calls } = parse(checkInsBody, body);
      const answers = await Promise.all(calls.map((call) => one(call).catch((error: unknown) => refusal(error, call, log))));
      return ok(checkInsAnswer.parse({ answers }));
    },
  };
}

function refusal(error: unknown, { requestId }: CheckInCall, log: Logger): z.input<typeof refusedCheckIn> {
  const { code, publicMessage, retryAfterSeconds } = toAppError(error);
  if (code === 'INTERNAL_ERROR') log.error({ requestId, err: error }, 'request failed');
  return { code, message: publicMessage, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}
