import { leftOutFolders, scopeOf, selectFolders, type MailboxFolder } from './folder-selection.js';

const all = { email: true, calendar: true, contacts: true, tasks: true } as const;

function folder(id: string, more: Partial<MailboxFolder> = {}): MailboxFolder {
  return { id, displayName: id, parentFolderId: 'root', type: 'IPF.Note', wellKnownName: null, hidden: false, childFolderCount: 0, totalItemCount: 0, ...more };
}

const paths = (folders: MailboxFolder[], scope = all as Parameters<typeof selectFolders>[1], excluded: string[] = []): string[] => selectFolders(folders, scope, { excludeFolders: excluded }).map(({ path }) => path);

test('parents come before their children and every folder once, whatever the order of the listing', () => {
  const child = folder('child', { parentFolderId: 'inbox' });
  const listed = [folder('grandchild', { parentFolderId: 'child' }), child, folder('inbox', { wellKnownName: 'inbox' }), folder('root', { wellKnownName: 'msgfolderroot', parentFolderId: null }), child];
  const selected = selectFolders(listed, all);
  expect(selected.map(({ path }) => path)).toEqual(['inbox', 'inbox/child', 'inbox/child/grandchild']);
  expect(selected.map(({ parentKey }) => parentKey)).toEqual([null, 'inbox', 'child']);
});

test('a folder whose parent was not listed is at the top', () => {
  expect(paths([folder('a', { parentFolderId: 'a root nobody lists' })])).toEqual(['a']);
});

test.each(['searchfolders', 'SyncIssues', 'conflicts', 'localfailures', 'serverfailures', 'outbox', 'recoverableitemsdeletions', 'recoverableitemspurges'])('%s and everything below it stays', (wellKnownName) => {
  expect(paths([folder('system', { wellKnownName }), folder('below', { parentFolderId: 'system' })])).toEqual([]);
});

test('hidden folders and the folders Exchange makes for itself stay', () => {
  expect(paths([folder('hidden', { hidden: true }), folder('1', { displayName: 'PersonMetadata' }), folder('2', { displayName: 'Yammer Root' }), folder('contacts', { type: 'IPF.Contact', wellKnownName: 'contacts' }), folder('3', { displayName: 'Recipient Cache', type: 'IPF.Contact.RecipientCache', parentFolderId: 'contacts' })])).toEqual(['contacts']);
});

test('a person’s own folder that is called like one of Exchange’s is copied', () => {
  expect(paths([folder('inbox'), folder('f', { displayName: 'Files', parentFolderId: 'inbox' })])).toEqual(['inbox', 'inbox/Files']);
});

test('deleted items, junk and the online archive folder are copied', () => {
  expect(paths([folder('d', { wellKnownName: 'deleteditems' }), folder('j', { wellKnownName: 'junkemail' }), folder('a', { wellKnownName: 'archive' })])).toEqual(['d', 'j', 'a']);
});

test.each([
  ['IPF.Note', 'email'],
  ['IPF.StickyNote', 'email'],
  ['IPF.Journal', 'email'],
  ['IPF.Something.New', 'email'],
  ['IPF.Appointment', 'calendar'],
  ['ipf.appointment.Birthday', 'calendar'],
  ['IPF.Contact', 'contacts'],
  ['IPF.Contact.MOC.QuickContacts', 'contacts'],
  ['IPF.Task', 'tasks'],
  ['IPF.Tasks', 'email'],
])('folders of class %s follow %s', (type, scope) => {
  expect(scopeOf(type)).toBe(scope);
});

test('a class outside the scope stays, and what lies below it in the scope hangs below the nearest copied folder', () => {
  const listed = [folder('inbox'), folder('team', { type: 'IPF.Appointment', parentFolderId: 'inbox' }), folder('notes', { parentFolderId: 'team' })];
  const selected = selectFolders(listed, { ...all, calendar: false });
  expect(selected.map(({ path, parentKey }) => [path, parentKey])).toEqual([
    ['inbox', null],
    ['inbox/team/notes', 'inbox'],
  ]);
});

test('an excluded path leaves out the folder and what is below, and nothing that only begins alike', () => {
  expect(paths([folder('Inbox'), folder('Old', { parentFolderId: 'Inbox' }), folder('x', { parentFolderId: 'Old' }), folder('Older', { parentFolderId: 'Inbox' })], all, ['inbox/old/'])).toEqual(['Inbox', 'Inbox/Older']);
});

test('of folders that are asked for by path, those above come as structure, and everything else is left out', () => {
  const listed = [folder('Inbox'), folder('Projects', { parentFolderId: 'Inbox' }), folder('Old', { parentFolderId: 'Projects' }), folder('Private', { parentFolderId: 'Inbox' }), folder('Calendar', { type: 'IPF.Appointment' })];
  const filters = { includeFolders: ['inbox/projects'], excludeFolders: ['Inbox/Projects/Old'] };
  expect(selectFolders(listed, all, filters).map(({ path, parentKey, structure }) => [path, parentKey, structure])).toEqual([
    ['Inbox', null, true],
    ['Inbox/Projects', 'Inbox', false],
  ]);
  expect(leftOutFolders(listed, all, filters).map(({ path }) => path)).toEqual(['Inbox', 'Inbox/Projects/Old', 'Inbox/Private', 'Calendar']);
});

test('a slash in a name is not a level', () => {
  expect(paths([folder('1', { displayName: 'A/B' })])).toEqual(['A\\/B']);
});
