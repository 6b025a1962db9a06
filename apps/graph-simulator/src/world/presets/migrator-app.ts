import type { AppRegistration } from '../app-registry.js';

/** The application permissions a migration asks for, source and destination together (graph/exchange.md 1, graph/platform.md 5.2, graph/files.md 0, graph/teams.md 9). */
export const migrationRoles = [
  'Organization.Read.All', 'Domain.Read.All', 'User.Read.All', 'Group.Read.All', 'GroupMember.Read.All', 'Reports.Read.All', 'ReportSettings.Read.All',
  'MailboxFolder.Read.All', 'MailboxFolder.ReadWrite.All', 'MailboxItem.Read.All', 'MailboxItem.ReadWrite.All', 'MailboxItem.Export.All', 'MailboxItem.ImportExport.All',
  'MailboxSettings.Read', 'MailboxSettings.ReadWrite', 'Mail.Read', 'Mail.ReadWrite', 'Calendars.Read', 'Calendars.ReadWrite', 'Contacts.Read', 'Contacts.ReadWrite',
  'Tasks.Read.All', 'Tasks.ReadWrite.All',
  'Files.Read.All', 'Files.ReadWrite.All', 'Sites.Read.All', 'Sites.ReadWrite.All', 'Sites.FullControl.All', 'SharePointTenantSettings.Read.All',
  'Team.ReadBasic.All', 'TeamSettings.Read.All', 'Channel.ReadBasic.All', 'ChannelSettings.Read.All', 'TeamMember.Read.All', 'ChannelMessage.Read.All', 'Chat.Read.All', 'TeamsTab.Read.All',
  'Group.ReadWrite.All', 'Team.Create', 'TeamMember.ReadWrite.All', 'Teamwork.Migrate.All', 'Chat.Create', 'TeamsTab.ReadWrite.All',
] as const;

/** The multi-tenant app every preset registers. */
export function migratorApp(options: { clientId: string; secret: string; redirectUris: readonly string[] }): AppRegistration {
  return {
    clientId: options.clientId.toLowerCase(),
    displayName: 'The Migrator',
    secrets: [{ value: options.secret, expiresAt: null }],
    certificates: [],
    redirectUris: [...options.redirectUris],
    requiredRoles: [...migrationRoles],
  };
}
