/** Calls on devices, and the agent's own three. */
import { cancelCommandAnswer, checkInAnswer, checkInBody, createCommandAnswer, createCommandBody, createEnrollmentTokenAnswer, enrollmentAnswer, listCommandsAnswer, listCommandsQuery, listDevicesAnswer, listDevicesQuery, registerDeviceAnswer, registerDeviceBody, reportResultAnswer, reportResultBody, setEnrollmentBody } from '../api/devices.js';
import { deletedSchema } from '../api/common.js';
import { defineEndpoint } from '../endpoint.js';
import { exampleDevice, exampleIds, exampleSecret, exampleTime } from '../examples.js';

const owner = 'device-service';
const read = { tag: 'Devices', access: 'organisation', scope: 'read' } as const;
const write = { tag: 'Devices', access: 'organisation', scope: 'write' } as const;
const admin = { tag: 'Devices', access: 'organisation', scope: 'admin' } as const;
const agent = { tag: 'Device agents', access: 'agent', bodyBytesMax: 128 * 1024 } as const;
const device = { prefix: 'dev', notFound: 'DEVICE_NOT_FOUND' } as const;
const payload = { ppkgUrl: 'https://files.northwind.example/join.ppkg', destTenantId: '4f3c2c41-5a02-4f0d-9d8f-6a6f0a0a0003' };
const enrollment = { required: true, tokenLast4: 'Zk0v', tokenCreatedAt: exampleTime };

export const deviceEndpoints = {
  registerDevice: defineEndpoint({
    ...{ id: 'registerDevice', method: 'POST', path: '/v1/devices/register', owner, status: 201 }, ...agent,
    summary: 'Register a machine', description: '`secret` is shown once. The same machine again gets a new id and secret, and its old row is replaced.',
    body: registerDeviceBody, answer: registerDeviceAnswer, errors: ['NOT_FOUND', 'FORBIDDEN'],
    examples: { body: { orgId: exampleIds.org, hostname: 'LT-0042', ipAddress: '10.1.4.42', domain: 'contoso.local', serial: '5CD1234XYZ' }, answer: { deviceId: exampleIds.dev, secret: exampleSecret } },
  }),
  checkIn: defineEndpoint({
    ...{ id: 'checkIn', method: 'POST', path: '/v1/devices/checkin', owner, status: 200 }, ...agent,
    summary: 'Say “I am here” and take the next command', body: checkInBody, answer: checkInAnswer, errors: ['DEVICE_NOT_FOUND', 'UNAUTHORIZED'],
    examples: { body: { deviceId: exampleIds.dev, secret: exampleSecret, agentVersion: '1.4.0' }, answer: { commands: [{ id: exampleIds.cmd, type: 'FULL_MIGRATION', payload }] } },
  }),
  reportResult: defineEndpoint({
    ...{ id: 'reportResult', method: 'POST', path: '/v1/devices/result', owner, status: 200 }, ...agent,
    summary: 'Report how a command went', description: '`RUNNING`: the first phase is done and a restart is pending. A final status may be sent again; another one after it is refused.',
    body: reportResultBody, answer: reportResultAnswer, errors: ['DEVICE_NOT_FOUND', 'COMMAND_NOT_FOUND', 'COMMAND_FINISHED', 'UNAUTHORIZED'],
    examples: { body: { deviceId: exampleIds.dev, secret: exampleSecret, commandId: exampleIds.cmd, status: 'DONE', result: { joined: true } }, answer: { ok: true } },
  }),
  listDevices: defineEndpoint({
    ...{ id: 'listDevices', method: 'GET', path: '/v1/devices', owner, status: 200 }, ...read,
    summary: 'Devices, newest first', query: listDevicesQuery, answer: listDevicesAnswer, examples: { answer: { devices: [exampleDevice] } },
  }),
  deleteDevice: defineEndpoint({
    ...{ id: 'deleteDevice', method: 'DELETE', path: '/v1/devices/:id', owner, status: 200 }, ...write,
    summary: 'Remove a device', params: { id: device }, answer: deletedSchema, audit: { action: 'device.deleted', target: { param: 'id' } }, examples: { answer: { deleted: true } },
  }),
  createCommand: defineEndpoint({
    ...{ id: 'createCommand', method: 'POST', path: '/v1/devices/:id/commands', owner, status: 201, idempotent: true }, ...write,
    summary: 'Tell a device what to do', params: { id: device }, body: createCommandBody, answer: createCommandAnswer, audit: { action: 'device.command_created', target: { answer: 'command.id' } },
    examples: { body: { type: 'FULL_MIGRATION', payload }, answer: { command: { id: exampleIds.cmd, deviceId: exampleIds.dev, type: 'FULL_MIGRATION', status: 'PENDING', createdAt: exampleTime } } },
  }),
  listCommands: defineEndpoint({
    ...{ id: 'listCommands', method: 'GET', path: '/v1/devices/:id/commands', owner, status: 200 }, ...read,
    summary: 'Commands of a device, newest first', params: { id: device }, query: listCommandsQuery, answer: listCommandsAnswer,
    examples: { answer: { commands: [{ id: exampleIds.cmd, type: 'FULL_MIGRATION', status: 'DONE', result: { joined: true }, createdAt: exampleTime, updatedAt: exampleTime }] } },
  }),
  cancelCommand: defineEndpoint({
    ...{ id: 'cancelCommand', method: 'PATCH', path: '/v1/devices/:id/commands/:cmdId/cancel', owner, status: 200 }, ...write,
    summary: 'Cancel a command that waits', params: { id: device, cmdId: { prefix: 'cmd', notFound: 'COMMAND_NOT_FOUND' } }, answer: cancelCommandAnswer, errors: ['COMMAND_NOT_CANCELLABLE'],
    audit: { action: 'device.command_cancelled', target: { param: 'cmdId' } }, examples: { answer: { status: 'CANCELLED' } },
  }),
  getEnrollment: defineEndpoint({
    ...{ id: 'getEnrollment', method: 'GET', path: '/v1/devices/enrollment', owner, status: 200 }, ...read,
    summary: 'Whether registration demands a token', answer: enrollmentAnswer, examples: { answer: { enrollment } },
  }),
  setEnrollment: defineEndpoint({
    ...{ id: 'setEnrollment', method: 'PUT', path: '/v1/devices/enrollment', owner, status: 200 }, ...admin,
    summary: 'Demand a token at registration, or not', body: setEnrollmentBody, answer: enrollmentAnswer, errors: ['CONFLICT'], audit: { action: 'device.enrollment_changed', target: null },
    examples: { body: { required: true }, answer: { enrollment } },
  }),
  createEnrollmentToken: defineEndpoint({
    ...{ id: 'createEnrollmentToken', method: 'POST', path: '/v1/devices/enrollment/token', owner, status: 201, idempotent: true }, ...admin,
    summary: 'Make a new enrolment token', description: 'Shown once; the old one ends.', answer: createEnrollmentTokenAnswer, audit: { action: 'device.enrollment_token_created', target: null },
    examples: { answer: { token: exampleSecret, enrollment } },
  }),
} as const;
