/** What a worker needs of job-service and tenant-service, over HTTP, with units a test puts in. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FinishUnitBody, UnitWork } from '@migrator/contracts/internal';
import type { DesiredState } from '../units/job-service.js';

export interface StandInUnit {
  work: UnitWork;
  claim: number;
  /** A worker has it. */
  held: boolean;
  desired: DesiredState;
  claims: number;
  renewals: number;
  finishes: FinishUnitBody[];
}

export class PlatformStandIn {
  readonly units = new Map<string, StandInUnit>();
  /** Places that each worker last said it has. */
  readonly announced = new Map<string, number>();
  /** How often each tenant's credential was asked for. */
  readonly credentials = new Map<string, number>();
  /** Called at each finish, before it is answered. */
  onFinish: (unit: StandInUnit) => void = () => undefined;
  private constructor(private readonly server: Server) {}

  static async start(): Promise<PlatformStandIn> {
    const server = createServer();
    const platform = new PlatformStandIn(server);
    server.on('request', (request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = chunks.length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString()) as unknown);
        const { status, answer } = platform.answer(request.url ?? '', body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return platform;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  add(work: UnitWork): StandInUnit {
    const unit: StandInUnit = { work, claim: 0, held: false, desired: 'run', claims: 0, renewals: 0, finishes: [] };
    this.units.set(work.unitId, unit);
    return unit;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
      this.server.closeAllConnections();
    });
  }

  private answer(path: string, body: unknown): { status: number; answer: unknown } {
    if (path.endsWith('/credential')) {
      const tenantId = path.split('/').at(-2) ?? '';
      this.credentials.set(tenantId, (this.credentials.get(tenantId) ?? 0) + 1);
      return { status: 200, answer: { microsoftTenantId: tenantId, clientId: 'client', credential: { kind: 'secret', clientSecret: 'none' } } };
    }
    if (path === '/internal/workers/announce') {
      const { workerId, units } = body as { workerId: string; units: number };
      this.announced.set(workerId, units);
      return { status: 200, answer: { announced: true } };
    }
    const [, , , unitId = '', verb] = path.split('/');
    const unit = this.units.get(unitId);
    if (unit === undefined) return { status: 404, answer: { error: 'none', code: 'NOT_FOUND', status: 404 } };
    const conflict = { status: 409, answer: { error: 'not yours', code: 'CONFLICT', status: 409 } };
    if (verb === 'claim') {
      if (unit.held || unit.desired !== 'run' || unit.finishes.at(-1)?.result === 'done') return { status: 200, answer: { granted: false, reason: 'no' } };
      unit.held = true;
      unit.claim++;
      unit.claims++;
      return { status: 200, answer: { granted: true, claim: unit.claim, work: unit.work } };
    }
    const given = body as { claim: number };
    if (verb === 'renew') {
      unit.renewals++;
      return { status: 200, answer: { desired: given.claim === unit.claim && unit.held ? unit.desired : 'lost' } };
    }
    if (given.claim !== unit.claim) return conflict;
    this.onFinish(unit);
    unit.held = false;
    unit.finishes.push(body as FinishUnitBody);
    return { status: 200, answer: { status: 'DONE' } };
  }
}
