/** device-service's environment. */
import { baseEnv, httpEnv } from '@migrator/service-kit/config';
import { z } from 'zod';

const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback);

export const deviceServiceEnv = z.object({
  ...baseEnv,
  ...httpEnv,
  /** How long an agent has to say that it works on a command before the command is handed out again. */
  COMMAND_LEASE_SECONDS: count(900),
  /** Check-ins of one device in a minute. Agents come every three minutes. */
  DEVICE_CHECKINS_PER_MINUTE: count(30),
  /** Calls of agents from one address in a minute: a whole office behind one address, at its worst. */
  ADDRESS_CALLS_PER_MINUTE: count(12_000),
  ADDRESS_REGISTRATIONS_PER_MINUTE: count(600),
  /** Calls of one organisation's agents in a minute: 360,000 devices, and room. */
  ORGANISATION_CALLS_PER_MINUTE: count(240_000),
});
export type DeviceServiceConfig = z.output<typeof deviceServiceEnv>;
