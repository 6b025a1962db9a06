/** Who has touched a thing last. Pure. */
import { programOf, textOf, type Raw } from '../drive/drive-item.js';

/**
 * While that is the program that wrote it, a copy is as it was written. Not its tag, which changes too when the program itself adds
 * something to it, or the service publishes it.
 */
export function touchedBy(raw: Raw): string {
  const program = programOf(raw['lastModifiedBy']);
  return program === null ? (textOf(raw['eTag']) ?? '') : `by ${program}`;
}

export const touchedByProgram = (raw: Raw): boolean => programOf(raw['lastModifiedBy']) !== null;
export const madeByProgram = (raw: Raw): boolean => programOf(raw['createdBy']) !== null;

/** Made by this program, and touched by nobody else since. */
export const onlyBy = (raw: Raw, appId: string): boolean => ['createdBy', 'lastModifiedBy'].every((key) => programOf(raw[key])?.toLowerCase() === appId.toLowerCase());
