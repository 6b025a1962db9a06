import type { DirectoryUser } from '../tenant.js';

/** What a source mailbox of a preset holds. */
export function demoContent(_user: DirectoryUser): unknown {
  return 'empty';
}
