/** The body that recreates a contact through JSON. https://learn.microsoft.com/graph/api/user-post-contacts */
import { markProperty } from '../mapi.js';
import { cleanBody, pick } from './clean.js';

export const contactSelect = [
  'assistantName',
  'birthday',
  'businessAddress',
  'businessHomePage',
  'businessPhones',
  'categories',
  'children',
  'companyName',
  'department',
  'displayName',
  'emailAddresses',
  'fileAs',
  'generation',
  'givenName',
  'homeAddress',
  'homePhones',
  'imAddresses',
  'initials',
  'jobTitle',
  'manager',
  'middleName',
  'mobilePhone',
  'nickName',
  'officeLocation',
  'otherAddress',
  'personalNotes',
  'profession',
  'spouseName',
  'surname',
  'title',
  'yomiCompanyName',
  'yomiGivenName',
  'yomiSurname',
] as const;

/** `displayName` and `fileAs` are always sent: without them Exchange makes them up, and again at every later change. */
export function contactBody(source: Record<string, unknown>, mark: string): Record<string, unknown> {
  return cleanBody({
    ...pick(source, contactSelect),
    displayName: source['displayName'] ?? '',
    fileAs: source['fileAs'] ?? source['displayName'] ?? '',
    singleValueExtendedProperties: [{ id: markProperty, value: mark }],
  });
}
