import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats, type LocalServer } from '@migrator/local-servers';
import { createLogger } from '@migrator/service-kit/logger';
import { eventually } from '@migrator/testing/eventually';
import { connectNats, type Nats } from './nats.js';
import { publishWork, readWork, type WorkReader } from './work.js';

jest.setTimeout(120_000);
const folder = mkdtempSync(join(tmpdir(), 'migrator-work-'));
let server: LocalServer;
let nats: Nats;
let reader: WorkReader | undefined;
beforeAll(async () => {
  server = await startNats({ dataDir: folder });
  nats = await connectNats({ url: server.url, namespace: 'work', name: 'test', logger: createLogger('test', 'silent') });
});
afterAll(async () => {
  reader?.close();
  await nats.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ids = { orgId: 'org_01J00000000000000000000000', jobId: 'job_01J00000000000000000000000', unitId: 'unt_01J00000000000000000000000', claim: 1 } as const;

test('a reader goes on soon after NATS was killed and came back, misses nothing and reads nothing twice', async () => {
  reader = await readWork(nats, 0);
  const read: number[] = [];
  void (async () => {
    for await (const { seq } of reader.reports) read.push(seq);
  })();
  const publish = async (): Promise<number> => (await publishWork(nats, 'log', { ...ids, level: 'INFO', message: 'a line', at: new Date().toISOString() }, crypto.randomUUID())).seq;
  const first = await publish();
  await eventually('the first report', () => read.includes(first));
  await server.stop('SIGKILL');
  server = await startNats({ dataDir: folder, port: server.port });
  let last = await eventually('a report is taken again', publish, 30_000);
  // The request that the server forgot ends some seconds after the reconnection: reports come all that time, and after it.
  for (let count = 0; count < 60; count += 1) {
    last = await publish();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await eventually('the last report', () => read.includes(last), 8_000);
  expect(read).toEqual(Array.from({ length: last }, (_, index) => index + 1));
});
