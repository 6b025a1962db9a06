/** Routes of enrolment: whether registration demands a token, and making one. */
import { deviceEndpoints } from '@migrator/contracts/endpoints/devices';
import { AppError } from '@migrator/contracts/errors';
import type { Clock } from '@migrator/service-kit/clock';
import type { Sql } from '@migrator/service-kit/database';
import { route } from '@migrator/service-kit/endpoint-route';
import type { RouteSpec } from '@migrator/service-kit/http';
import { hashSecret, newSecret } from '../agents/secret.js';
import { findEnrollment, setRequired, setToken } from './enrollment-repository.js';

export function enrollmentRoutes({ sql, clock }: { sql: Sql; clock: Clock }): RouteSpec[] {
  const describe = async (orgId: string) => {
    const found = await findEnrollment(sql, orgId);
    return { required: found?.required ?? false, tokenLast4: found?.tokenLast4 ?? null, tokenCreatedAt: found?.tokenCreatedAt?.toISOString() ?? null };
  };
  return [
    route(deviceEndpoints.getEnrollment, async ({ org }) => ({ enrollment: await describe(org) })),
    route(deviceEndpoints.setEnrollment, async ({ org, body }) => {
      if (!(await setRequired(sql, org, body.required))) throw new AppError('CONFLICT', { publicMessage: 'There is no enrolment token yet: make one first (POST /v1/devices/enrollment/token), or no device could register.' });
      return { enrollment: await describe(org) };
    }),
    route(deviceEndpoints.createEnrollmentToken, async ({ org }) => {
      const token = newSecret();
      await setToken(sql, org, hashSecret(token), token.slice(-4), clock.now());
      return { token, enrollment: await describe(org) };
    }),
  ];
}
