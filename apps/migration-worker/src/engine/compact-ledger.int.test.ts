/** A ledger that was written before names were packed says the same afterwards. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateDatabase, openDatabase } from '@migrator/service-kit/database';
import { freshDatabase } from '@migrator/testing/servers';
import { openLedger } from './ledger.js';
import { hash64, itemMark } from './item-keys.js';
import { testRoute, testSeals } from '../testing/engine-rig.js';

const migrations = join(__dirname, '../../migrations');
const names: (string | null)[] = [
  'AAMkAGVmMDEzMTM4LTZmYWUtNDdkNC1hMDZiLTU1OGY5OTZhYmY4OABGAAAAAADUuTJK1K9aTpCdqXop_4NaBwCd9nJ-tVysQYj2Cekan9XRAAAAAAEMAACd9nJ-tVysQYj2Cekan9XRAAANNbkQAAA=',
  'CQAAABYAAACoI0ipDBqARCzQaBKDYdLuAAAAAA+/',
  ...['', '=', 'QQ', 'QQ==', 'QR', 'A', 'ab+_', 'quo"te', 'back\\slash {curly}, comma', 'ünïcode', 'timeZone', 'line\nfeed'],
  null,
];

test('rows of before keep their names, are found by their match keys, and are known to a write of the same name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'migrator-migrations-'));
  const database = await freshDatabase();
  const before = { url: database.url, schema: 'worker', folder };
  const { sql, close } = openDatabase(database.url, { max: 2, applicationName: 'test' });
  try {
    cpSync(join(migrations, '0001_ledger.sql'), join(folder, '0001_ledger.sql'));
    await migrateDatabase(before);
    const open = async (claim: number) => {
      const opened = await openLedger(sql, { route: testRoute('before'), jobId: 'job', unitId: 'unit', claim, leaseSeconds: 30, seals: testSeals });
      if (opened.state !== 'held') throw new Error(opened.state);
      const [entry] = await opened.ledger.register(`pass ${claim}`, [{ key: 'k', path: 'p', kind: 'x', parentKey: null, itemCount: null, ref: null }]);
      if (entry === undefined) throw new Error('no entry');
      return { ledger: opened.ledger, entry };
    };
    const first = await open(1);
    const marks = names.map((_name, index) => itemMark(first.entry.key, String(index)));
    for (const [index, name] of names.entries())
      await sql`insert into worker.ledger (container_no, item_key, match_hash, version_hash, unit_no, state, dest_id, dest_version) values (${first.entry.containerNo}, ${marks[index] ?? ''}::uuid, ${hash64(`match ${index}`)}::bigint, 1, 1, 2, ${name}, ${name})`;
    expect(await migrateDatabase({ ...before, folder: migrations })).not.toEqual([]);
    const { ledger, entry } = await open(2);
    const rows = await ledger.lookup(entry, marks);
    expect(marks.map((mark) => rows.get(mark)?.dest ?? null)).toEqual(names.map((name) => (name === null ? null : { id: name, version: name })));
    const known = names.flatMap((name, index) => (name === null ? [] : [{ matchHash: hash64(`match ${index}`), destId: name }]));
    expect(await ledger.named([...known, { matchHash: hash64('match 0'), destId: 'another' }, { matchHash: hash64('another'), destId: names[0] ?? '' }])).toEqual(new Set(names.filter((name) => name !== null)));
  } finally {
    await close();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  }
});
