/** Public calls on devices (Windows endpoints that run the agent) and the agent's own calls. */
import { z } from 'zod';
import { idSchema } from '../ids.js';
import { cleanText, nullableTime, optionalPageFields, timeSchema, wholeListQuery } from './common.js';

export const deviceStatuses = ['ONLINE', 'OFFLINE', 'MIGRATING'] as const;
export type DeviceStatus = (typeof deviceStatuses)[number];
export const commandStatuses = ['PENDING', 'RUNNING', 'DONE', 'ERROR', 'CANCELLED'] as const;
export type CommandStatus = (typeof commandStatuses)[number];
export const commandTypes = ['FULL_MIGRATION'] as const;

/** Opaque to agents: base64url of 32 random bytes. Checked by length alone, so that a wrong one is refused as wrong and not as malformed. */
const secretSchema = z.string().min(1).max(256);
/** IPv4 or IPv6. */
const ipAddressSchema = z.union([z.ipv4('must be an IPv4 or IPv6 address'), z.ipv6('must be an IPv4 or IPv6 address')]);

export const registerDeviceBody = z.strictObject({
  orgId: cleanText(64),
  hostname: cleanText(255),
  ipAddress: ipAddressSchema,
  domain: cleanText(255),
  enrollmentToken: z.string().min(1).max(256).optional(),
  agentVersion: cleanText(64).optional(),
  os: cleanText(200).optional(),
  serial: cleanText(200).optional(),
});
export type RegisterDeviceBody = z.output<typeof registerDeviceBody>;
/** `secret` is shown once. */
export const registerDeviceAnswer = z.object({ deviceId: idSchema('dev'), secret: z.string() });

export const checkInBody = z.strictObject({ deviceId: z.string().min(1).max(64), secret: secretSchema, agentVersion: cleanText(64).optional(), ipAddress: ipAddressSchema.optional() });
export type CheckInBody = z.output<typeof checkInBody>;

/** What FULL_MIGRATION takes: where the provisioning package is, and which Entra tenant the machine joins. */
export const fullMigrationPayloadSchema = z.strictObject({
  ppkgUrl: z.url({ protocol: /^https$/, error: 'must be an https URL' }).max(2_000),
  destTenantId: z.guid('must be a GUID'),
  ppkgSha256: z.string().regex(/^[0-9A-Fa-f]{64}$/, 'must be 64 hexadecimal digits').optional(),
});
export type FullMigrationPayload = z.output<typeof fullMigrationPayloadSchema>;
export const handedOutCommandSchema = z.object({ id: idSchema('cmd'), type: z.enum(commandTypes), payload: fullMigrationPayloadSchema });
export const checkInAnswer = z.object({ commands: z.array(handedOutCommandSchema) });

// JSON.stringify writes these two as escapes and nothing else of their kind: pairs of surrogates stay as they are.
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

/** What an agent reports of a command: text, or a flat object of facts; at most 64 KiB as JSON, in names and values without what PostgreSQL cannot hold. */
export const commandResultSchema = z
  .json()
  .refine((value) => JSON.stringify(value).length <= 65_536, 'must not be larger than 64 KiB')
  .refine((value) => !unstorable.test(JSON.stringify(value)), 'must be well-formed Unicode without NUL');
export const reportResultBody = z.strictObject({
  deviceId: z.string().min(1).max(64),
  secret: secretSchema,
  commandId: z.string().min(1).max(64),
  status: z.enum(['DONE', 'RUNNING', 'ERROR']),
  result: commandResultSchema.optional(),
});
export type ReportResultBody = z.output<typeof reportResultBody>;
export const reportResultAnswer = z.object({ ok: z.literal(true) });

export const deviceSchema = z
  .object({
    id: idSchema('dev'),
    hostname: z.string(),
    ipAddress: z.string(),
    domain: z.string(),
    status: z.enum(deviceStatuses),
    lastSeenAt: nullableTime,
    agentVersion: z.string().nullable(),
    createdAt: timeSchema,
  })
  .meta({ id: 'Device', description: 'A Windows endpoint that runs the agent. MIGRATING while a command runs, else ONLINE when seen in the last 10 minutes, else OFFLINE.' });
export type Device = z.infer<typeof deviceSchema>;
export const listDevicesQuery = wholeListQuery.extend({ status: z.enum(deviceStatuses).optional() });
export const listDevicesAnswer = z.object({ devices: z.array(deviceSchema), ...optionalPageFields });

export const createCommandBody = z.strictObject({ type: z.enum(commandTypes), payload: fullMigrationPayloadSchema });
export const createCommandAnswer = z.object({ command: z.object({ id: idSchema('cmd'), deviceId: idSchema('dev'), type: z.enum(commandTypes), status: z.enum(commandStatuses), createdAt: timeSchema }) });
export const commandSchema = z
  .object({ id: idSchema('cmd'), type: z.enum(commandTypes), status: z.enum(commandStatuses), result: z.json().nullable(), createdAt: timeSchema, updatedAt: timeSchema })
  .meta({ id: 'DeviceCommand', description: 'Something a device was told to do.' });
export const listCommandsQuery = wholeListQuery.omit({ search: true }).extend({ status: z.enum(commandStatuses).optional() });
export const listCommandsAnswer = z.object({ commands: z.array(commandSchema), ...optionalPageFields });
export const cancelCommandAnswer = z.object({ status: z.literal('CANCELLED') });

/** Whether registration demands an enrolment token, and what may be shown of the current one. */
export const enrollmentSchema = z.object({ required: z.boolean(), tokenLast4: z.string().nullable(), tokenCreatedAt: nullableTime });
export const enrollmentAnswer = z.object({ enrollment: enrollmentSchema });
export const setEnrollmentBody = z.strictObject({ required: z.boolean() });
/** `token` is shown once; making a new one ends the old one. */
export const createEnrollmentTokenAnswer = z.object({ token: z.string(), enrollment: enrollmentSchema });
