/** What people do with devices and their commands. */
import { deviceEndpoints } from '@migrator/contracts/endpoints/devices';
import type { Cursors } from '@migrator/service-kit/cursors';
import { pageOf } from '@migrator/service-kit/cursors';
import type { Sql } from '@migrator/service-kit/database';
import { route } from '@migrator/service-kit/endpoint-route';
import { streamed, type RouteSpec } from '@migrator/service-kit/http';
import { streamList } from '@migrator/service-kit/list-stream';
import type { makeCancelCommand } from '../commands/cancel-command.js';
import { listCommands, type CommandRow } from '../commands/command-repository.js';
import type { makeCreateCommand } from '../commands/create-command.js';
import type { makeDeleteDevice } from './delete-device.js';
import { deviceNotFound } from './device-errors.js';
import { listDevices } from './device-reader.js';
import { isDevice } from './device-repository.js';

export interface DeviceRoutesDeps {
  sql: Sql;
  cursors: Cursors;
  deleteDevice: ReturnType<typeof makeDeleteDevice>;
  createCommand: ReturnType<typeof makeCreateCommand>;
  cancelCommand: ReturnType<typeof makeCancelCommand>;
}

/** Rows read at a time for a list that comes whole, and of a page when no size is given. */
const chunk = 1_000;
const pageDefault = 20;

interface Listed {
  id: string;
  createdAt: string;
}
type Position = { createdAt: string; id: string } | null;

/** Every row in chunks, by the position of the last one. */
async function* inChunks<Row extends Listed>(read: (after: Position, limit: number) => Promise<Row[]>): AsyncGenerator<Row[]> {
  for (let after: Position = null; ; ) {
    const rows = await read(after, chunk);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < chunk) return;
    after = { createdAt: last.createdAt, id: last.id };
  }
}

export function deviceRoutes({ sql, cursors, deleteDevice, createCommand, cancelCommand }: DeviceRoutesDeps): RouteSpec[] {
  const positionOf = (list: string, cursor: string | undefined): Position => {
    const [createdAt, id] = cursor === undefined ? [] : cursors.read(list, cursor);
    return createdAt === undefined || id === undefined ? null : { createdAt, id };
  };
  const page = async <Row extends Listed>(list: string, cursor: string | undefined, limit: number, read: (after: Position, limit: number) => Promise<Row[]>) => pageOf(cursors, list, await read(positionOf(list, cursor), limit + 1), limit, (row) => [row.createdAt, row.id]);
  const describe = ({ createdAt, updatedAt, ...row }: CommandRow) => ({ ...row, result: row.result as never, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() });

  return [
    route(deviceEndpoints.listDevices, async (call) => {
      const { org, query } = call;
      const { status, search, limit, cursor } = query;
      const read = (after: Position, count: number) => listDevices(sql, org, { status, search }, after, count);
      if (limit === undefined && cursor === undefined && search === undefined) {
        await streamList(call, 'devices', {}, inChunks(read));
        return streamed;
      }
      const { rows, ...rest } = await page(`devices ${org} ${status ?? ''} ${search ?? ''}`, cursor, limit ?? pageDefault, read);
      return { devices: rows, ...rest };
    }),
    route(deviceEndpoints.deleteDevice, async ({ org, params }) => {
      await deleteDevice(org, params.id);
      return { deleted: true as const };
    }),
    route(deviceEndpoints.createCommand, async ({ org, params, body, identity }) => {
      const { id, createdAt } = await createCommand({ orgId: org, deviceId: params.id, ...body, actor: identity.actor });
      return { command: { id, deviceId: params.id, type: body.type, status: 'PENDING' as const, createdAt: createdAt.toISOString() } };
    }),
    route(deviceEndpoints.listCommands, async (call) => {
      const { org, params, query } = call;
      const { status, limit, cursor } = query;
      if (!(await isDevice(sql, org, params.id))) throw deviceNotFound();
      const read = async (after: Position, count: number) => (await listCommands(sql, params.id, status, after, count)).map(describe);
      if (limit === undefined && cursor === undefined) {
        await streamList(call, 'commands', {}, inChunks(read));
        return streamed;
      }
      const { rows, ...rest } = await page(`commands ${params.id} ${status ?? ''}`, cursor, limit ?? pageDefault, read);
      return { commands: rows, ...rest };
    }),
    route(deviceEndpoints.cancelCommand, async ({ org, params }) => {
      await cancelCommand({ orgId: org, deviceId: params.id, commandId: params.cmdId });
      return { status: 'CANCELLED' as const };
    }),
  ];
}
