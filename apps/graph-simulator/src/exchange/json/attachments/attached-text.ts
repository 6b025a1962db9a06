import type { ContactContent, EventContent, ItemContent, ZonedTime } from '../../store/item.js';
import { textOf } from '../body/item-body.js';
import { instantIn } from '../calendar/series.js';

const escape = (text: string): string => text.replace(/\\/g, '\\\\').replace(/([,;])/g, '\\$1').replace(/\r?\n/g, '\\n');
const lines = (all: readonly (string | null)[]): string => `${all.filter((line) => line !== null).join('\r\n')}\r\n`;

/** An attached event as iCalendar. */
export function icsOf(content: ItemContent, event: EventContent): string {
  const at = (time: ZonedTime): string => new Date(instantIn(event, time)).toISOString().replace(/[-:]|\.\d+/g, '');
  return lines([
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:Microsoft Exchange Server 2010', 'BEGIN:VEVENT', `UID:${event.globalObjectId}`, `SUMMARY:${escape(content.subject)}`,
    event.isAllDay ? `DTSTART;VALUE=DATE:${at(event.start).slice(0, 8)}` : `DTSTART:${at(event.start)}`, event.isAllDay ? `DTEND;VALUE=DATE:${at(event.end).slice(0, 8)}` : `DTEND:${at(event.end)}`,
    event.location === '' ? null : `LOCATION:${escape(event.location)}`, `DESCRIPTION:${escape(textOf(content.body))}`, 'END:VEVENT', 'END:VCALENDAR',
  ]);
}

/** An attached contact as vCard. */
export function vcardOf({ fields, emails, businessPhones }: ContactContent): string {
  return lines([
    'BEGIN:VCARD', 'VERSION:3.0', `N:${escape(fields.surname ?? '')};${escape(fields.givenName ?? '')};;;`, `FN:${escape(fields.displayName ?? '')}`,
    ...emails.map(({ address }) => `EMAIL;TYPE=INTERNET:${address}`), ...businessPhones.map((phone) => `TEL;TYPE=WORK:${escape(phone)}`),
    fields.mobilePhone === undefined ? null : `TEL;TYPE=CELL:${escape(fields.mobilePhone)}`, fields.companyName === undefined ? null : `ORG:${escape(fields.companyName)}`, 'END:VCARD',
  ]);
}
