import { pathFilter } from './path-filter.js';

const include = ['Inbox/Projects', '/sent items/'];

test.each<[string, { includeFolders?: string[]; excludeFolders?: string[] }, string, boolean, boolean]>([
  ['without filters nothing is left out', {}, 'Inbox', false, false],
  ['a folder that is asked for', { includeFolders: include }, 'INBOX/projects', false, false],
  ['what lies below it', { includeFolders: include }, 'Inbox/Projects/2024', false, false],
  ['case and slashes do not count', { includeFolders: include }, 'Sent Items', false, false],
  ['a folder above one that is asked for is left out and leads on', { includeFolders: include }, 'Inbox', true, true],
  ['a folder beside it', { includeFolders: include }, 'Inbox/Private', true, false],
  ['a name that only begins alike', { includeFolders: include }, 'Inbox/Projects old', true, false],
  ['an excluded folder inside one that is asked for', { includeFolders: include, excludeFolders: ['inbox/projects/secret'] }, 'Inbox/Projects/Secret/x', true, false],
  ['exclusion stands over inclusion, also on the way down', { includeFolders: include, excludeFolders: ['inbox'] }, 'Inbox', true, false],
  ['an excluded folder', { excludeFolders: ['Archive'] }, 'archive/2019', true, false],
  ['an empty name excludes nothing', { excludeFolders: ['/'] }, 'Inbox', false, false],
])('%s', (_name, filters, path, leavesOut, leadsOn) => {
  const filter = pathFilter(filters);
  expect([filter.leavesOut(path), filter.leadsOn(path)]).toEqual([leavesOut, leadsOn]);
});
