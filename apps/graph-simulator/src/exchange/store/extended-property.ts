/** Extended property ids, normalised: `Integer 0x0E07`, `String {guid} Name X`, `Binary {guid} Id 0x3`. Compare type and number, not spelling. */
const tagged = /^(\w+)\s+0x([0-9a-f]+)$/i;
const named = /^(\w+)\s+\{([0-9a-f-]{36})\}\s+(?:Name\s+(.+)|Id\s+0x([0-9a-f]+))$/i;

/** The canonical form of an id, or null when it is not one. Names compare case-sensitively, everything else does not. */
export function normalisePropertyId(id: string): string | null {
  const plain = tagged.exec(id.trim());
  if (plain !== null) return `${capital(plain[1] ?? '')} 0x${Number.parseInt(plain[2] ?? '0', 16).toString(16)}`;
  const other = named.exec(id.trim());
  if (other === null) return null;
  const [, type = '', guid = '', name, number] = other;
  return `${capital(type)} {${guid.toLowerCase()}} ${name === undefined ? `Id 0x${Number.parseInt(number ?? '0', 16).toString(16)}` : `Name ${name}`}`;
}

const capital = (type: string): string => type.charAt(0).toUpperCase() + type.slice(1);

/** The property that the product's JSON path stamps on what it creates. */
export const migrationMarkId = 'String {8f1d2c3a-5b64-4e0b-9c37-1f6d0a7e4b21} Name MigSourceKey';
