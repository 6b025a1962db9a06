/** What a mailbox has besides items. */

export interface WorkingHours {
  daysOfWeek: string[];
  startTime: string;
  endTime: string;
  timeZone: string;
}
export interface MailboxSettings {
  timeZone: string;
  locale: string;
  languageName: string;
  dateFormat: string;
  timeFormat: string;
  workingHours: WorkingHours;
  delegateMeetingMessageDeliveryOptions: 'sendToDelegateAndInformationToPrincipal' | 'sendToDelegateAndPrincipal' | 'sendToDelegateOnly';
  automaticReplies: { status: 'disabled' | 'alwaysEnabled' | 'scheduled'; externalAudience: 'none' | 'contactsOnly' | 'all'; start: { dateTime: string; timeZone: string }; end: { dateTime: string; timeZone: string }; internalMessage: string; externalMessage: string };
}
export interface MasterCategory {
  /** GUID. */
  id: string;
  displayName: string;
  color: string;
}
/** Conditions, actions and exceptions as Graph's JSON has them; folder ids inside are ids of the `folder` space. */
export interface InboxRule {
  id: string;
  displayName: string;
  sequence: number;
  isEnabled: boolean;
  isReadOnly: boolean;
  hasError: boolean;
  conditions: Record<string, unknown> | null;
  exceptions: Record<string, unknown> | null;
  actions: Record<string, unknown>;
}
export interface SenderOverride {
  id: string;
  classifyAs: 'focused' | 'other';
  name: string;
  address: string;
}

/** A new mailbox's settings. */
export const blankSettings = (): MailboxSettings => ({
  timeZone: 'UTC',
  locale: 'en-US',
  languageName: 'English (United States)',
  dateFormat: 'M/d/yyyy',
  timeFormat: 'h:mm tt',
  workingHours: { daysOfWeek: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'], startTime: '08:00:00.0000000', endTime: '17:00:00.0000000', timeZone: 'Pacific Standard Time' },
  delegateMeetingMessageDeliveryOptions: 'sendToDelegateOnly',
  automaticReplies: { status: 'disabled', externalAudience: 'none', start: { dateTime: '2026-01-01T00:00:00.0000000', timeZone: 'UTC' }, end: { dateTime: '2026-01-02T00:00:00.0000000', timeZone: 'UTC' }, internalMessage: '', externalMessage: '' },
});
