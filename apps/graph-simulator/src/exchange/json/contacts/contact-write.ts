import { blankContent, flagRead, type ContactContent, type ItemContent, type PostalAddress } from '../../store/item.js';
import { readExtended, writeExtended } from '../core/mapi.js';
import { contactInput, CONTACT_LISTS, CONTACT_SERVER_OWNED, CONTACT_TEXTS, type ContactInput } from '../input/outlook-schemas.js';
import { readInput, unknownProperty } from '../input/read-input.js';

const rules = { shape: contactInput, serverOwned: CONTACT_SERVER_OWNED, unknown: unknownProperty('contact') };

export const readContact = (raw: unknown): ContactInput => readInput(rules, raw);

/** Names that live in the item itself; all other texts are fields of the contact. */
const FIELDS = CONTACT_TEXTS.filter((name) => name !== 'personalNotes');
const ADDRESSES = ['homeAddress', 'businessAddress', 'otherAddress'] as const;
const NAME_PARTS = ['givenName', 'middleName', 'surname', 'title', 'generation'] as const;

function addressFrom(input: NonNullable<ContactInput['homeAddress']>): PostalAddress {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value != null)) as PostalAddress;
}

function assign(content: ItemContent, contact: ContactContent, input: ContactInput): void {
  const fields = { ...contact.fields };
  for (const name of FIELDS) {
    const value = input[name];
    if (value === null) Reflect.deleteProperty(fields, name);
    else if (value !== undefined) fields[name] = value;
  }
  if (input.birthday === null) Reflect.deleteProperty(fields, 'birthday');
  else if (input.birthday !== undefined) fields.birthday = new Date(input.birthday).toISOString().replace(/\.\d+Z$/, 'Z');
  contact.fields = fields;
  for (const name of CONTACT_LISTS) if (input[name] !== undefined) contact[name] = input[name] ?? [];
  for (const name of ADDRESSES) if (input[name] !== undefined) contact.addresses = { ...contact.addresses, [name]: input[name] === null ? {} : addressFrom(input[name] ?? {}) };
  if (input.emailAddresses !== undefined) contact.emails = (input.emailAddresses ?? []).map(({ name, address }) => ({ name: name ?? address ?? '', address: address ?? '' }));
  if (input.personalNotes !== undefined) content.body = { contentType: 'text', content: input.personalNotes ?? '' };
  if (input.categories !== undefined) content.categories = input.categories ?? [];
}

/** Exchange makes displayName and fileAs itself when names come without them, also in later changes. */
function deriveNames(contact: ContactContent, input: ContactInput): void {
  if (!NAME_PARTS.some((name) => input[name] !== undefined)) return;
  const { title, givenName, middleName, surname, generation } = contact.fields;
  const full = [title, givenName, middleName, surname, generation].filter((part) => part !== undefined && part !== '').join(' ');
  if (input.displayName === undefined) contact.fields = { ...contact.fields, displayName: full };
  if (input.fileAs === undefined) contact.fields = { ...contact.fields, fileAs: surname === undefined || surname === '' ? full : [surname, [givenName, middleName].filter((part) => part !== undefined).join(' ')].filter((part) => part !== '').join(', ') };
}

/** A new contact from JSON. */
export function contactFrom(input: ContactInput, parts: { randomHex: (bytes: number) => string }): ItemContent {
  const contact: ContactContent = { fields: {}, emails: [], businessPhones: [], homePhones: [], imAddresses: [], children: [], addresses: {}, photo: null };
  const content: ItemContent = { ...blankContent('IPM.Contact'), flags: flagRead, searchKey: parts.randomHex(16), contact };
  assign(content, contact, input);
  deriveNames(contact, input);
  content.subject = contact.fields.displayName ?? '';
  writeExtended(content, readExtended(input));
  return content;
}

/** The contact after a PATCH. */
export function patchedContact(before: ItemContent, current: ContactContent, input: ContactInput): ItemContent {
  const contact = { ...current };
  const content: ItemContent = { ...before, contact };
  assign(content, contact, input);
  deriveNames(contact, input);
  content.subject = contact.fields.displayName ?? before.subject;
  writeExtended(content, readExtended(input));
  return content;
}
