import { Readable } from 'node:stream';
import { Rng } from '../generator/random.js';
import { BadImportBody, readImportBody, type ImportFields } from './import-body.js';

async function read(text: string, rng: Rng): Promise<{ fields: ImportFields; sawData: boolean; data: Buffer }> {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + rng.below(rng.chance(2) ? 5 : 5_000);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  const data: Buffer[] = [];
  const result = await readImportBody(Readable.from(pieces), (piece) => { data.push(piece); });
  return { ...result, data: Buffer.concat(data) };
}

test('Data and the other fields come out whole, wherever Data stands and however the body is cut', async () => {
  for (let round = 0; round < 200; round += 1) {
    const rng = new Rng(`body ${String(round)}`);
    const bytes = Buffer.from(rng.hex(rng.below(3_000)), 'hex');
    const data = bytes.toString('base64');
    const others = { FolderId: 'AAMk-Ünï "x"', Mode: 'create' };
    const body = rng.chance(2) ? JSON.stringify({ Data: data, ...others }, null, rng.below(3)) : JSON.stringify({ ...others, Data: data }, null, rng.below(3));
    const result = await read(rng.chance(3) ? body.replaceAll('/', '\\/') : body, rng);
    expect(result.data.equals(bytes)).toBe(true);
    expect(result).toMatchObject({ sawData: true, fields: others });
  }
});

test.each(['', 'nonsense', '[]', '{"Data":"AAAA"', '{"Data":"AAA"}', '{"Data":"A A="}', '{"Data":"AAAA\\\\"}', '{"FolderId":1,}'])('%p is refused', async (body) => {
  await expect(read(body, new Rng(body))).rejects.toThrow(BadImportBody);
});

test('a body without Data is told apart', async () => {
  expect(await read('{"Mode":"create"}', new Rng('none'))).toMatchObject({ sawData: false, fields: { Mode: 'create' } });
});
