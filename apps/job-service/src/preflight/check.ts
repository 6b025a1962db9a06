/** How one check of the preflight is written down. */
import { affectedMax, type PreflightCheck, type PreflightCheckId } from '@migrator/contracts/api/preflight';

export type Affected = PreflightCheck['affected'][number];

/** Passed: nothing to do. */
export const passed = (id: PreflightCheckId, title: string, detail: string): PreflightCheck => ({ id, level: 'pass', title, detail, remedy: '', affected: [], affectedTotal: 0 });

/** Not passed; the list of what is affected is cut, its count is not. */
export const found = (id: PreflightCheckId, level: 'warn' | 'fail', title: string, detail: string, remedy: string, affected: readonly Affected[]): PreflightCheck => ({
  ...{ id, level, title, detail, remedy },
  affected: affected.slice(0, affectedMax),
  affectedTotal: affected.length,
});

/** Bytes for people, in units of 1024 as Microsoft's quotas are. */
export function humanBytes(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
}

export const gib = 1024 ** 3;
export const tib = 1024 ** 4;
