/** Which application permissions a workload needs on each side; any one of the alternatives of a need will do (graph/exchange.md 1, graph/files.md 0, graph/teams.md). */
import type { WorkloadName } from '@migrator/contracts/api/tenants';

/** What it is for, and the permissions that give it, the least one first. */
export interface Need {
  purpose: string;
  anyOf: readonly [string, ...string[]];
}

const readOrWrite = (name: string): [string, string] => [`${name}.Read.All`, `${name}.ReadWrite.All`];
const people: Need = { purpose: 'find people', anyOf: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'] };
const groups: Need = { purpose: 'find groups', anyOf: ['Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'] };
const readSites: Need = { purpose: 'read sites', anyOf: ['Sites.Read.All', 'Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All'] };
const readFiles: Need = { purpose: 'read files', anyOf: ['Files.Read.All', 'Files.ReadWrite.All', 'Sites.Read.All', 'Sites.ReadWrite.All', 'Sites.FullControl.All'] };
const writeFiles: Need = { purpose: 'write files', anyOf: ['Files.ReadWrite.All', 'Sites.ReadWrite.All', 'Sites.FullControl.All'] };
const uploadSessions: Need = { purpose: 'upload with dates', anyOf: ['Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All', 'Files.ReadWrite.All'] };

/** By workload; `scope` leaves out what the job does not copy. */
export function needsOf(workload: WorkloadName, scope: Readonly<Record<string, boolean>>): { source: Need[]; dest: Need[] } {
  const when = (part: string, need: Need): Need[] => (scope[part] === true ? [need] : []);
  switch (workload) {
    case 'EMAIL':
      return {
        source: [
          people,
          { purpose: 'list mail folders', anyOf: readOrWrite('MailboxFolder') },
          { purpose: 'list items', anyOf: readOrWrite('MailboxItem') },
          { purpose: 'export items', anyOf: ['MailboxItem.Export.All', 'MailboxItem.ImportExport.All'] },
          { purpose: 'read messages', anyOf: ['Mail.Read', 'Mail.ReadWrite'] },
          { purpose: 'read mailbox settings', anyOf: ['MailboxSettings.Read', 'MailboxSettings.ReadWrite'] },
          ...when('calendar', { purpose: 'read calendars', anyOf: ['Calendars.Read', 'Calendars.ReadWrite'] }),
          ...when('contacts', { purpose: 'read contacts', anyOf: ['Contacts.Read', 'Contacts.ReadWrite'] }),
          ...when('tasks', { purpose: 'read tasks', anyOf: ['Tasks.Read.All', 'Tasks.ReadWrite.All'] }),
        ],
        dest: [
          people,
          { purpose: 'create folders', anyOf: ['MailboxFolder.ReadWrite.All'] },
          { purpose: 'import items', anyOf: ['MailboxItem.ImportExport.All'] },
          { purpose: 'list items and remove our own copies', anyOf: ['MailboxItem.ReadWrite.All'] },
          { purpose: 'write messages', anyOf: ['Mail.ReadWrite'] },
          { purpose: 'write mailbox settings', anyOf: ['MailboxSettings.ReadWrite'] },
          ...when('calendar', { purpose: 'write calendars', anyOf: ['Calendars.ReadWrite'] }),
          ...when('contacts', { purpose: 'write contacts', anyOf: ['Contacts.ReadWrite'] }),
          ...when('tasks', { purpose: 'write tasks', anyOf: ['Tasks.ReadWrite.All'] }),
        ],
      };
    case 'ONEDRIVE':
      return { source: [people, ...when('permissions', groups), readFiles], dest: [people, ...when('permissions', groups), writeFiles, uploadSessions] };
    case 'SHAREPOINT':
      return {
        source: [people, ...when('permissions', groups), readSites, ...when('files', readFiles)],
        dest: [
          people,
          ...when('permissions', groups),
          ...when('files', writeFiles),
          { purpose: 'write sites', anyOf: ['Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All'] },
          ...when('lists', { purpose: 'create lists and columns', anyOf: ['Sites.Manage.All', 'Sites.FullControl.All'] }),
          ...when('permissions', { purpose: 'write permissions', anyOf: ['Sites.FullControl.All'] }),
        ],
      };
    case 'TEAMS':
      return {
        source: [
          people,
          groups,
          { purpose: 'read teams', anyOf: ['Team.ReadBasic.All', 'TeamSettings.Read.All', 'TeamSettings.ReadWrite.All', 'Group.Read.All'] },
          ...when('channels', { purpose: 'read channels', anyOf: ['Channel.ReadBasic.All', 'ChannelSettings.Read.All', 'ChannelSettings.ReadWrite.All', 'Group.Read.All'] }),
          ...when('channels', { purpose: 'read channel messages', anyOf: ['ChannelMessage.Read.All'] }),
          ...when('chat', { purpose: 'read chats', anyOf: ['Chat.Read.All', 'Chat.ReadWrite.All'] }),
          ...when('members', { purpose: 'read members', anyOf: ['TeamMember.Read.All', 'TeamMember.ReadWrite.All', 'Group.Read.All'] }),
          ...when('files', readFiles),
          ...when('tabs', { purpose: 'read tabs', anyOf: ['TeamsTab.Read.All', 'TeamsTab.ReadWrite.All'] }),
        ],
        dest: [
          people,
          { purpose: 'create teams', anyOf: ['Team.Create', 'Group.ReadWrite.All'] },
          ...when('channels', { purpose: 'import messages', anyOf: ['Teamwork.Migrate.All'] }),
          ...when('chat', { purpose: 'create chats', anyOf: ['Chat.Create', 'Chat.ReadWrite.All'] }),
          ...when('members', { purpose: 'write members', anyOf: ['TeamMember.ReadWrite.All', 'Group.ReadWrite.All'] }),
          ...when('files', writeFiles),
          ...when('tabs', { purpose: 'write tabs', anyOf: ['TeamsTab.ReadWrite.All'] }),
        ],
      };
  }
}
