/** Field values as verification keeps them: the number of the field and 64 bits of a hash of its value. Nothing can be read back. */
import { hash } from 'node:crypto';

const entryBytes = 9;

export class FieldHashes {
  private readonly numbers: ReadonlyMap<string, number>;

  /** `names`: the workload's fields, at most 255. */
  constructor(private readonly names: readonly string[]) {
    if (names.length > 255 || new Set(names).size !== names.length) throw new Error('a workload has too many verified fields, or one twice');
    this.numbers = new Map(names.map((name, number) => [name, number]));
  }

  /** In hex, in the order of the names: equal for equal values. */
  encode(fields: Readonly<Record<string, string>>): string {
    const entries = Object.entries(fields).map(([name, value]): [number, string] => {
      const number = this.numbers.get(name);
      if (number === undefined) throw new Error(`the workload does not name the field ${name}`);
      return [number, value];
    });
    entries.sort(([a], [b]) => a - b);
    return entries.map(([number, value]) => number.toString(16).padStart(2, '0') + hash('sha256', value, 'hex').slice(0, 16)).join('');
  }

  /** Names of the fields that are not the same on both sides. */
  differing(a: Buffer, b: Buffer): string[] {
    if (a.equals(b)) return [];
    const [left, right] = [this.decode(a), this.decode(b)];
    return this.names.filter((_name, number) => left.get(number) !== right.get(number));
  }

  /** Whether one of these fields is among those of an item. */
  hasAny(fields: Buffer, names: ReadonlySet<string>): boolean {
    return names.size > 0 && [...this.decode(fields).keys()].some((number) => names.has(this.names[number] ?? ''));
  }

  private decode(bytes: Buffer): Map<number, bigint> {
    const values = new Map<number, bigint>();
    for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) values.set(bytes.readUInt8(at), bytes.readBigUInt64BE(at + 1));
    return values;
  }
}
