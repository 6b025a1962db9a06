/** What can befall a drive while it is copied: each has its outcome with a code, and the next pass brings the rest, once. */
import { GraphRequestError } from '@migrator/graph-client';
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { recountUnit } from '../../engine/ledger.js';
import { dyingAtWrite, ledgerDatabase, portWith, type AttemptEnd, type AttemptPorts, type LedgerDatabase } from '../../testing/engine-rig.js';
import { clientId } from '../../testing/simulated-tenants.js';
import { DriveRig, type Step } from './testing/drive-rig.js';

let simulator: TestSimulator;
let database: LedgerDatabase;
let rig: DriveRig;
beforeAll(async () => {
  [simulator, database] = await Promise.all([startSimulator({ args: ['--limits', 'none'] }), ledgerDatabase()]);
  await simulator.control('POST', '/files/uploads', { keepBytesMax: 64 * 1024 * 1024 });
});
afterEach(async () => {
  await rig.stop();
});
afterAll(async () => {
  await database.close();
  await simulator.stop();
});

const large = 25_000_000;
const start = async (steps: readonly Step[] = [], destDrive: unknown = true): Promise<void> => {
  rig = await DriveRig.start(simulator, database, { seed: 'f', files: 6, folders: 2, bytesMax: 3_000 }, destDrive);
  if (steps.length > 0) await rig.owns('source', steps);
};
/** One large file, so that it is known which of its requests a fault strikes. */
const alone = async (): Promise<void> => {
  rig = await DriveRig.start(simulator, database, { seed: 'f', large: [large] });
};
/** Which bytes a request writes into an upload session; null: it writes none. */
const rangeOf = ([method, , options]: readonly unknown[]): { end: number; size: number } | null => {
  const range = method === 'PUT' ? /bytes \d+-(\d+)\/(\d+)/.exec((options as { headers?: Record<string, string> }).headers?.['Content-Range'] ?? '') : null;
  return range === null ? null : { end: Number(range[1]), size: Number(range[2]) };
};
const again = (mode: 'delta' | 'retry' = 'retry'): Promise<AttemptEnd> => rig.pass({ mode, passId: `pass ${mode}` });
const codes = ({ reports }: AttemptEnd): string[] => reports.filter(({ status }) => status !== 'resolved').map(({ code }) => code ?? '').sort();
const fragments = async (): Promise<number> => (await rig.writes()).filter(({ method }) => method === 'PUT').length;
const expectWhole = async (own = 0): Promise<void> => {
  const { expected, matched, missing, extra, differs, examples } = await rig.compare();
  expect({ matched, missing, extra, differs, examples: own === 0 ? examples : null }).toEqual({ matched: expected, missing: 0, extra: own, differs: 0, examples: own === 0 ? { missing: [], extra: [], differs: [] } : null });
};
const expectExact = async ({ counters }: AttemptEnd): Promise<void> => {
  expect(counters.done + counters.error + counters.skipped).toBe(counters.total);
  expect(await recountUnit(database.sql, `unit ${rig.owner}`)).toEqual(counters);
};
const clean = { result: 'done', counters: { error: 0, skipped: 0 } } as const;

describe('while a large file is written', () => {
  test.each([
    ['an answer that is lost after the fragment arrived', { kind: 'resetAfterWrite' }, 3],
    ['an answer that is lost before it did', { kind: 'resetBefore' }, 3],
    ['an error of the server after the fragment arrived', { kind: 'statusAfterWrite', status: 504, code: 'gatewayTimeout' }, 3],
    ['a session that ends', { kind: 'status', status: 404, code: 'itemNotFound' }, 4],
    ['an address that does not hold any more', { kind: 'status', status: 401, code: 'expiredToken' }, 4],
  ])('%s costs at most what the session has lost', async (_what, action, writes) => {
    await alone();
    await rig.fault({ id: 'strike', match: { method: 'PUT', path: 'uploadSession' }, nth: 2, times: 1, action });
    const end = await rig.pass();
    expect(end).toMatchObject(clean);
    await expectWhole();
    await expectExact(end);
    expect(await fragments()).toBe(writes);
  });

  test('the last answer that is lost is looked for, and nothing is doubled', async () => {
    await alone();
    await rig.fault({ id: 'last', match: { method: 'PUT', path: 'uploadSession' }, nth: 3, times: 1, action: { kind: 'resetAfterWrite' } });
    expect(await rig.pass()).toMatchObject(clean);
    await expectWhole();
  });

  test('the last fragment that arrives after one has given it up, while it goes again, makes no second copy, no second version and nothing that is not ours', async () => {
    await alone();
    const late = (): AttemptPorts => {
      let held: (() => Promise<unknown>) | null = null;
      let lost = false;
      const destination = portWith(rig.tenants.ports.destination, async (_name, args, send) => {
        const range = rangeOf(args);
        if (range === null || range.end + 1 !== range.size || lost) return await send();
        if (held === null) {
          held = send;
          throw new GraphRequestError('in_doubt', { status: 0, graphCode: null, requestId: null });
        }
        lost = true;
        await held();
        return await send();
      });
      return { ...rig.tenants.ports, destination };
    };
    expect(await rig.pass({ ports: late() })).toMatchObject(clean);
    await expectWhole();
    await rig.owns('source', [{ kind: 'write', path: 'Large 0.bin', bytes: large + 1 }]);
    expect(await rig.pass({ ports: late(), mode: 'delta', passId: 'pass 2' })).toMatchObject(clean);
    await expectWhole();
    const { port, userId } = rig.tenants.dest;
    const versions = await port.get<{ value: unknown[] }>(`/users/${userId}/drive/root:/Large 0.bin:/versions`, { budget: { kind: 'files' } });
    expect(versions.value).toHaveLength(2);
    await rig.owns('source', [{ kind: 'delete', path: 'Large 0.bin' }]);
    expect(await rig.pass({ mode: 'delta', passId: 'pass 3', deletions: 'apply' })).toMatchObject(clean);
    expect((await rig.compare()).examples).toEqual({ missing: [], extra: [], differs: [] });
  });
});

describe('while a file is read', () => {
  test.each([
    ['its address ends', { kind: 'status', status: 401, code: 'expiredToken' }],
    ['an answer is cut', { kind: 'truncateBody', bytes: 100 }],
    ['the server has a bad moment', { kind: 'emptyStatus', status: 503 }],
  ])('%s, and it arrives all the same', async (_what, action) => {
    await start([{ kind: 'write', path: 'large.bin', bytes: large }]);
    await rig.fault({ id: 'read', match: { method: 'GET', path: 'download.aspx' }, nth: 2, times: 1, action });
    const end = await rig.pass();
    expect(end).toMatchObject(clean);
    await expectWhole();
    await expectExact(end);
  }, 30_000);

  /** It changes so many times, each time when the beginning of it has arrived. */
  const changing = async (times: number): Promise<AttemptEnd> => {
    await start([{ kind: 'write', path: 'large.bin', bytes: large }]);
    let begun = 0;
    const destination = portWith(rig.tenants.ports.destination, async (_name, args, send) => {
      const answer = await send();
      if (rangeOf(args)?.end === 10_485_759 && ++begun <= times) await rig.owns('source', [{ kind: 'write', path: 'large.bin', bytes: large + begun }]);
      return answer;
    });
    return await rig.pass({ ports: { ...rig.tenants.ports, destination } });
  };

  test('it changes: it is begun again, arrives as it is then, and the next pass has nothing to write', async () => {
    const end = await changing(1);
    expect(end).toMatchObject(clean);
    await expectWhole();
    const before = await fragments();
    expect(await again('delta')).toMatchObject(clean);
    expect(await fragments()).toBe(before);
    await expectWhole();
  });

  test('it changes again and again: SOURCE_ITEM_CHANGING, nothing of it is left, and a retry brings it', async () => {
    const end = await changing(2);
    expect(codes(end)).toEqual(['SOURCE_ITEM_CHANGING']);
    await expectExact(end);
    await simulator.control('DELETE', '/faults');
    expect(await rig.compare()).toMatchObject({ missing: 1, extra: 0, differs: 0 });
    expect(await again()).toMatchObject(clean);
    await expectWhole();
  });

  /** Something happens to a large file once its first fragment was sent. */
  const meanwhile = async (step: Step): Promise<AttemptEnd> => {
    await start([{ kind: 'folder', path: 'Later' }, { kind: 'write', path: 'large.bin', bytes: large }]);
    const { port } = rig.tenants.dest;
    const send = port.preauthorised.bind(port);
    let acted = false;
    jest.spyOn(port, 'preauthorised').mockImplementation(async (method, url, options) => {
      const answer = await send(method, url, options);
      if (method === 'PUT' && options.contentLength === 32 * 320 * 1024 && !acted) {
        acted = true;
        await rig.owns('source', [step]);
      }
      return answer;
    });
    const end = await rig.pass();
    jest.restoreAllMocks();
    expect(acted).toBe(true);
    return end;
  };

  test('it is deleted: it is not there any more, or the next pass knows it', async () => {
    const end = await meanwhile({ kind: 'delete', path: 'large.bin' });
    expect(codes(end).filter((code) => code !== 'SOURCE_ITEM_GONE')).toEqual([]);
    await expectExact(end);
    const next = await rig.pass({ mode: 'delta', passId: 'pass 2', deletions: 'apply' });
    expect(next.result).toBe('done');
    await expectWhole();
  });

  test('it is moved: it arrives, and the next pass moves the copy', async () => {
    expect((await meanwhile({ kind: 'move', path: 'large.bin', to: 'Later' })).counters.error).toBe(0);
    expect(await again('delta')).toMatchObject(clean);
    await expectWhole();
  });

  test('somebody has it locked: SOURCE_ITEM_LOCKED, and a retry brings it', async () => {
    await start([{ kind: 'write', path: 'a.bin', bytes: 500 }]);
    await rig.control('lock', 'source', { path: 'a.bin', locked: true, reads: true });
    const end = await rig.pass();
    expect(codes(end)).toEqual(['SOURCE_ITEM_LOCKED']);
    await rig.control('lock', 'source', { path: 'a.bin', locked: false });
    expect(await again()).toMatchObject(clean);
    await expectWhole();
  });

  test('its bytes are not those that the source states: SOURCE_CONTENT_DIFFERS, and nothing of it is left', async () => {
    await start([{ kind: 'write', path: 'a.bin', bytes: 500 }]);
    const { port } = rig.tenants.source;
    const read = port.preauthorisedBytes.bind(port);
    jest.spyOn(port, 'preauthorisedBytes').mockImplementation(async (url, options) => {
      const answer = await read(url, options);
      if (answer.bytes.length === 500) answer.bytes[7] = (answer.bytes[7] ?? 0) ^ 1;
      return answer;
    });
    const end = await rig.pass();
    jest.restoreAllMocks();
    expect(codes(end)).toEqual(['SOURCE_CONTENT_DIFFERS']);
    expect(await rig.compare()).toMatchObject({ missing: 1, extra: 0 });
    expect(await again()).toMatchObject(clean);
    await expectWhole();
  });
});

describe('what the destination shows of a copy', () => {
  test('no hash for a while: what was sent counts, and a later change finds the copy as it was left', async () => {
    await start([{ kind: 'write', path: 'a.bin', bytes: 500 }]);
    const { port } = rig.tenants.dest;
    const bare = (body: unknown): unknown => {
      if (typeof body === 'object' && body !== null && 'file' in body) (body as { file: { hashes?: unknown } }).file.hashes = undefined;
      return body;
    };
    const [send, get] = [port.preauthorised.bind(port), port.get.bind(port)];
    jest.spyOn(port, 'preauthorised').mockImplementation(async (...given) => {
      const answer = await send(...given);
      return { ...answer, json: async <T>(): Promise<T> => bare(await answer.json<T>()) as T, discard: () => answer.discard() };
    });
    jest.spyOn(port, 'get').mockImplementation(async <T>(...given: Parameters<typeof get>): Promise<T> => bare(await get(...given)) as T);
    expect(await rig.pass()).toMatchObject(clean);
    jest.restoreAllMocks();
    await expectWhole();
    await rig.owns('source', [{ kind: 'write', path: 'a.bin', bytes: 501 }]);
    expect(await again('delta')).toMatchObject(clean);
    await expectWhole();
  });

  test('other bytes than were sent, where a library writes its columns into Office files: they are taken, and brought up to date later', async () => {
    await start([{ kind: 'write', path: 'plan.docx', bytes: 500 }, { kind: 'write', path: 'b.bin', bytes: 600 }]);
    await rig.control('parser', 'dest', { on: true });
    const end = await rig.pass();
    // In a drive that is nobody's library this is a fault.
    expect(codes(end).filter((code) => code !== 'DEST_CONTENT_DIFFERS')).toEqual([]);
    expect(codes(end)).toContain('DEST_CONTENT_DIFFERS');
    const { port } = rig.tenants.dest;
    const get = port.get.bind(port);
    jest.spyOn(port, 'get').mockImplementation(async <T>(...given: Parameters<typeof get>): Promise<T> => {
      const body = await get<T>(...given);
      return given[0].endsWith('/drive') ? { ...body, driveType: 'documentLibrary' } : body;
    });
    expect(await again()).toMatchObject(clean);
    await rig.owns('source', [{ kind: 'write', path: 'plan.docx', bytes: 700 }]);
    const before = await fragments();
    expect(await again('delta')).toMatchObject(clean);
    expect((await fragments()) - before).toBe(1);
    expect((await rig.verify()).found).toEqual([]);
    jest.restoreAllMocks();
  });
});

describe('at the destination', () => {
  test('a copy that somebody has locked is DEST_ITEM_LOCKED, and a retry brings it up to date', async () => {
    await start([{ kind: 'write', path: 'a.bin', bytes: 500 }]);
    await rig.pass();
    await rig.owns('source', [{ kind: 'write', path: 'a.bin', bytes: 501 }]);
    await rig.control('lock', 'dest', { path: 'a.bin', locked: true });
    const end = await again('delta');
    expect(codes(end)).toEqual(['DEST_ITEM_LOCKED']);
    await rig.control('lock', 'dest', { path: 'a.bin', locked: false });
    const next = await again();
    expect(next).toMatchObject(clean);
    await expectWhole();
    await expectExact(next);
  });

  test('no room in the middle of a drive ends the unit as DEST_FULL with what is known stored, and with room again the next pass brings the rest once', async () => {
    await start(Array.from({ length: 6 }, (_each, at): Step => ({ kind: 'write', path: `${at}.bin`, bytes: 300_000 })), { quotaBytes: 1_000_000 });
    const end = await rig.pass();
    expect(end).toMatchObject({ result: 'failed', failure: { code: 'DEST_FULL', side: 'dest' } });
    expect(end.counters.done).toBeGreaterThan(0);
    const { missing, differs, extra } = await rig.compare();
    expect({ some: missing > 0 && missing < 14, differs, extra }).toEqual({ some: true, differs: 0, extra: 0 });
    expect(await again()).toMatchObject({ result: 'failed', failure: { code: 'DEST_FULL' } });
    await rig.ofSite('dest', { quotaBytes: 10_000_000 });
    const next = await again();
    expect(next).toMatchObject(clean);
    await expectWhole();
    await expectExact(next);
    // Each file was written once.
    expect(await fragments()).toBe(12);
  });

  test('what its owner has stays theirs: a folder of the same name is used, an equal file is taken for the copy, another one gets the copy beside it', async () => {
    await start([{ kind: 'folder', path: 'Plans' }, { kind: 'write', path: 'Plans/a.bin', bytes: 500 }, { kind: 'write', path: 'b.txt', bytes: 20 }, { kind: 'write', path: 'Notes', bytes: 30 }]);
    await rig.owns('dest', [{ kind: 'folder', path: 'PLANS' }, { kind: 'write', path: 'PLANS/own.bin', bytes: 5 }, { kind: 'write', path: 'B.TXT', bytes: 21 }, { kind: 'folder', path: 'Notes' }]);
    const end = await rig.pass();
    expect(end).toMatchObject(clean);
    await expectExact(end);
    const { port, userId } = rig.tenants.dest;
    const list = async (of: string): Promise<string[]> => (await port.get<{ value: { name: string; size: number; folder?: unknown }[] }>(`/users/${userId}/drive${of}/children`, { budget: { kind: 'files' }, query: { $top: '200' } })).value.map(({ name, size, folder }) => (folder === undefined ? `${name.replace(/\([0-9a-f]{8}\)/, '(mark)')} ${size}` : `${name}/`));
    const names = await list('/root');
    expect(names.filter((name) => /^(plans|b|notes)/i.test(name)).sort()).toEqual(['B.TXT 21', 'Notes (mark) 30', 'Notes/', 'PLANS/', 'b (mark).txt 20']);
    expect((await list('/root:/PLANS:')).sort()).toEqual(['a.bin 500', 'own.bin 5']);
    // Later changes go to the copy beside it, and the owner's folder keeps its name.
    await rig.owns('source', [{ kind: 'write', path: 'b.txt', bytes: 22 }, { kind: 'rename', path: 'Plans', to: 'Plan' }, { kind: 'write', path: 'Plan/c.bin', bytes: 1 }]);
    expect(await again('delta')).toMatchObject(clean);
    expect((await list('/root')).filter((name) => /^(plans|b )/i.test(name)).sort()).toEqual(['PLANS/', 'b (mark).txt 22']);
    expect((await list('/root:/PLANS:')).sort()).toEqual(['a.bin 500', 'c.bin 1', 'own.bin 5']);
  });

  test('a folder whose copy is gone leaves what is new in it with NEEDED_COPY_GONE', async () => {
    await start([{ kind: 'folder', path: 'Plans' }, { kind: 'write', path: 'Plans/a.bin', bytes: 500 }]);
    await rig.pass();
    await rig.owns('dest', [{ kind: 'delete', path: 'Plans' }]);
    await rig.owns('source', [{ kind: 'write', path: 'Plans/b.bin', bytes: 3 }]);
    const end = await again('delta');
    expect(codes(end)).toEqual(['NEEDED_COPY_GONE']);
    await expectExact(end);
  });

  test('a path that becomes too long is DEST_PATH_TOO_LONG, and a dry run foresees it', async () => {
    await start();
    // The destination's address is one character longer than the source's.
    const { port, userId } = rig.tenants.source;
    const root = await port.get<{ webUrl: string }>(`/users/${userId}/drive/root`, { budget: { kind: 'files' } });
    const room = 400 - decodeURIComponent(new URL(root.webUrl).pathname).length;
    const deep = ['d'.repeat(200), `${'e'.repeat(room - 1 - 200 - 1 - 4)}.txt`];
    await rig.owns('source', [{ kind: 'folder', path: deep[0] ?? '' }, { kind: 'write', path: deep.join('/'), bytes: 3 }]);
    const planned = await rig.pass({ dryRun: true, scope: { dryRun: true } });
    expect(codes(planned)).toEqual(['DEST_PATH_TOO_LONG']);
    const end = await rig.pass();
    expect(codes(end)).toEqual(['DEST_PATH_TOO_LONG']);
    await expectExact(end);
    // What its remedy says: the one pass renames the folder's copy, the other one brings the file.
    await rig.owns('source', [{ kind: 'rename', path: deep[0] ?? '', to: 'd' }]);
    expect(await again('delta')).toMatchObject({ result: 'done', counters: { error: 1 } });
    expect(await again('retry')).toMatchObject({ result: 'done', counters: { error: 0 } });
    await expectWhole();
  });

  test('an empty file whose answers are lost arrives once, with its dates', async () => {
    await start([{ kind: 'write', path: 'empty.txt', bytes: 0 }]);
    await rig.fault({ id: 'lost', match: { method: 'PUT', path: ':/content' }, times: 1, action: { kind: 'resetAfterWrite' } });
    const end = await rig.pass();
    expect(end).toMatchObject(clean);
    await expectWhole();
  });

  test.each([
    ['no word', { kind: 'resetAfterWrite' }],
    ['a busy server', { kind: 'statusAfterWrite', status: 503, code: 'serviceNotAvailable', headers: { 'Retry-After': '1' } }],
  ])('a rename that was done and is answered by %s is brought to its end, dates too, and is nobody else’s change', async (_what, action) => {
    await start([{ kind: 'folder', path: 'Plans' }, { kind: 'write', path: 'a.bin', bytes: 500 }]);
    await rig.pass();
    await rig.owns('source', [{ kind: 'rename', path: 'Plans', to: 'Plan' }, { kind: 'rename', path: 'a.bin', to: 'b.bin' }, { kind: 'move', path: 'b.bin', to: 'Plan' }]);
    await rig.fault({ id: 'renamed', match: { method: 'PATCH', path: '/items/' }, times: 2, action });
    const end = await again('delta');
    expect(end).toMatchObject(clean);
    await expectWhole();
    await expectExact(end);
    // Under their new names the copies are known as what is left of them when they have gone.
    await rig.owns('source', [{ kind: 'delete', path: 'Plan' }]);
    expect(await rig.pass({ mode: 'delta', passId: 'pass 3' })).toMatchObject(clean);
    expect((await rig.verify()).found.map(({ code }) => code)).toEqual(['VERIFY_LEFT_BEHIND', 'VERIFY_LEFT_BEHIND']);
  });

  test('a copy that a run renamed before it died, and one that had to lie beside another file, are named as what is left behind when their items have gone', async () => {
    await start(['renamed.bin', 'taken.bin'].map((path) => ({ kind: 'write', path, bytes: 500 })));
    await rig.owns('dest', [{ kind: 'write', path: 'taken.bin', bytes: 70 }]);
    expect(await rig.pass()).toMatchObject(clean);
    await rig.owns('source', [{ kind: 'rename', path: 'renamed.bin', to: 'b.bin' }]);
    const { step, destination, dead } = dyingAtWrite(rig.tenants.dest.port);
    await rig.pass({ step, mode: 'delta', passId: 'pass 2', ports: { ...rig.tenants.ports, destination } });
    expect(dead()).toBe(true);
    await rig.owns('source', ['b.bin', 'taken.bin'].map((path) => ({ kind: 'delete', path })));
    expect(await again('delta')).toMatchObject(clean);
    expect((await rig.verify()).found.map(({ code }) => code)).toEqual(['VERIFY_LEFT_BEHIND', 'VERIFY_LEFT_BEHIND']);
  });

  test('a folder whose dates are refused is ours all the same: what lies in it arrives, a later pass dates it, and it goes where the source’s went', async () => {
    await start();
    const { port, userId } = rig.tenants.source;
    const { value } = await port.get<{ value: { name: string; folder?: unknown }[] }>(`/users/${userId}/drive/root/children`, { budget: { kind: 'files' } });
    const [kept = '', old = ''] = value.flatMap(({ name, folder }) => (folder === undefined ? [] : [name]));
    await rig.fault({ id: 'dates', match: { method: 'PATCH', path: '/items/' }, action: { kind: 'status', status: 423, code: 'resourceLocked' } });
    const first = await rig.pass();
    expect(codes(first)).toEqual(['DEST_ITEM_LOCKED', 'DEST_ITEM_LOCKED']);
    await simulator.control('DELETE', '/faults');
    await rig.owns('source', [{ kind: 'rename', path: kept, to: 'Plan' }, { kind: 'delete', path: old }]);
    await rig.pass({ mode: 'delta', passId: 'pass 2', deletions: 'apply' });
    const end = await again();
    expect(end).toMatchObject({ result: 'done', counters: { error: 0 } });
    await expectWhole();
    await expectExact(end);
  });

  test('names of two sources that differ by case alone stand beside each other, each with its own content', async () => {
    await start([{ kind: 'folder', path: 'Plans' }, { kind: 'write', path: 'Plans/a.txt', bytes: 10 }]);
    const second = await rig.secondSource([{ kind: 'folder', path: 'PLANS' }, { kind: 'write', path: 'PLANS/A.TXT', bytes: 11 }]);
    expect(await rig.pass()).toMatchObject(clean);
    expect(await rig.pass({ unitId: `second ${rig.owner}`, scope: { source: second } })).toMatchObject(clean);
    const { port, userId } = rig.tenants.dest;
    const { value } = await port.get<{ value: { name: string; size: number }[] }>(`/users/${userId}/drive/root:/Plans:/children`, { budget: { kind: 'files' } });
    expect(value.map(({ name, size }) => `${name.replace(/\([0-9a-f]{8}\)/, '(mark)')} ${size}`).sort()).toEqual(['A (mark).TXT 11', 'a.txt 10']);
    const before = (await rig.writes()).length;
    expect(await rig.pass({ unitId: `second ${rig.owner}`, mode: 'delta', passId: 'pass 2', scope: { source: second } })).toMatchObject(clean);
    expect((await rig.writes()).length).toBe(before);
  });
});

describe.each(['source', 'dest'] as const)('a drive of the %s', (side) => {
  test('that is closed to us is ACCESS_DENIED, and opened again it is copied', async () => {
    await start();
    await rig.ofSite(side, { locked: true });
    expect(await rig.pass()).toMatchObject({ result: 'failed', failure: { code: 'ACCESS_DENIED', side } });
    await rig.ofSite(side, { locked: false });
    expect(await again()).toMatchObject(clean);
    await expectWhole();
  });

  test(`that was never made is ${side === 'source' ? 'SOURCE' : 'DEST'}_MISSING, before anything is written`, async () => {
    rig = await DriveRig.start(simulator, database, side === 'source' ? null : { seed: 'f', files: 2 }, side === 'source' ? true : null);
    expect(await rig.pass()).toMatchObject({ result: 'failed', failure: { code: `${side === 'source' ? 'SOURCE' : 'DEST'}_MISSING`, side } });
    expect(await rig.writes()).toEqual([]);
  });
});

test('access that is revoked in the middle at the destination ends the unit as ACCESS_LOST, and after a new consent the rest arrives once', async () => {
  await start([{ kind: 'write', path: 'large.bin', bytes: large }]);
  const { tenantId } = rig.tenants.dest;
  let commits = 0;
  const acted: Promise<unknown>[] = [];
  const step = (name: string): void => {
    if (name === 'after a commit' && ++commits === 2) acted.push(simulator.control('DELETE', '/consents', { tenant: tenantId, clientId, tokens: 'end' }));
  };
  const end = await rig.pass({ step });
  expect(await Promise.all(acted)).toHaveLength(1);
  expect(end).toMatchObject({ result: 'failed', failure: { code: 'ACCESS_LOST', side: 'dest' } });
  await simulator.control('POST', '/consents', { tenant: tenantId, clientId });
  expect(await again()).toMatchObject(clean);
  await expectWhole();
});

describe('a folder that is deleted at the source, where the job asks for it', () => {
  const tree: Step[] = [{ kind: 'folder', path: 'Plans' }, { kind: 'folder', path: 'Plans/Old' }, { kind: 'folder', path: 'Plans/Old/Older' }, { kind: 'write', path: 'Plans/Old/Older/a.bin', bytes: 500 }, { kind: 'write', path: 'Plans/b.bin', bytes: 3 }];

  test('goes with everything that we put into it', async () => {
    await start(tree);
    await rig.pass();
    await rig.owns('source', [{ kind: 'delete', path: 'Plans' }]);
    const end = await rig.pass({ mode: 'delta', passId: 'pass 2', deletions: 'apply' });
    expect(end).toMatchObject(clean);
    await expectWhole();
    await expectExact(end);
  });

  test('stays where somebody has put something else into it, and nothing of theirs is lost', async () => {
    await start(tree);
    await rig.pass();
    await rig.owns('dest', [{ kind: 'write', path: 'Plans/Old/own.bin', bytes: 9 }]);
    await rig.owns('source', [{ kind: 'delete', path: 'Plans' }]);
    await rig.pass({ mode: 'delta', passId: 'pass 2', deletions: 'apply' });
    expect((await rig.compare()).examples).toEqual({ missing: [], extra: ['/Plans/Old/own.bin'], kept: ['/Plans', '/Plans/Old'], differs: [] });
  });
});
