/** Generated events, contacts, distribution lists, tasks and notes. */
import { occurrenceDates } from '../json/recurrence/expand.js';
import { parseRecurrence } from '../json/recurrence/pattern.js';
import { seededContent } from '../store/content.js';
import type { ItemSource } from '../store/folder.js';
import { blankContent, type Attendee, type EventContent, type ItemContent, type PlantedRefusal, type Recurrence } from '../store/item.js';
import { Rng, searchKey } from './random.js';
import { categoryNames, person, subjects, text } from './words.js';

export interface OthersSpec {
  seed: string;
  domain: string;
  owner: { name: string; address: string };
  count: number;
  /** By index. */
  refusals?: ReadonlyMap<number, PlantedRefusal>;
}

const day = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
const wall = (ms: number): string => new Date(ms).toISOString().replace('Z', '0000');
const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const zones = ['UTC', 'W. Europe Standard Time', 'Pacific Standard Time', 'Tokyo Standard Time', 'India Standard Time'] as const;
const createdMs = Date.UTC(2025, 3, 1, 9);

const sourceOf = (spec: OthersSpec, make: (rng: Rng, index: number) => ItemContent): ItemSource => ({
  count: spec.count,
  item: (index) => {
    const rng = new Rng(`${spec.seed} ${String(index)}`);
    return { ...make(rng, index), searchKey: searchKey(spec.seed, index) };
  },
  refusal: (index) => spec.refusals?.get(index) ?? null,
  createdAt: (index) => iso(createdMs + index * 3_600_000),
});

/** Of the first occurrences one is cancelled, one is at another time and place, and one has another name. */
function deviations(series: Recurrence, index: number, times: { begin: number; finish: number; isAllDay: boolean; zone: string }): Pick<EventContent, 'cancelledDates' | 'exceptions'> {
  const { begin, finish, isAllDay, zone } = times;
  const dates = [...occurrenceDates(parseRecurrence(series), dateOf(begin + 1_200 * day))].slice(0, 6);
  const at = (date: string, ms: number): { dateTime: string; timeZone: string } => ({ dateTime: wall(Date.parse(`${date}T00:00:00Z`) + (ms - Date.parse(dateOf(begin)))), timeZone: zone });
  // An all-day event begins at midnight, wherever it is moved to.
  const shift = isAllDay ? day : 2 * 3_600_000;
  const [, moved, cancelled, , renamed] = dates;
  return {
    cancelledDates: cancelled === undefined ? [] : [cancelled],
    exceptions: [
      ...(moved === undefined ? [] : [{ originalDate: moved, key: index * 8 + 1, changes: { subject: 'Moved this once – verschoben', start: at(moved, begin + shift), end: at(moved, finish + shift), location: 'Elsewhere' } }]),
      ...(renamed === undefined ? [] : [{ originalDate: renamed, key: index * 8 + 2, changes: { subject: 'Only this one 🎉' } }]),
    ],
  };
}

/** A series that begins on Monday 2025-01-06 or shortly after; each pattern type comes in turn. */
function recurrence(index: number, startMs: number, zone: string): Recurrence {
  const startDate = dateOf(startMs);
  const dayOfMonth = new Date(startMs).getUTCDate();
  const month = new Date(startMs).getUTCMonth() + 1;
  const weekday = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'][new Date(startMs).getUTCDay()] ?? 'monday';
  const nth = (['first', 'second', 'third', 'fourth', 'last'] as const)[Math.min(4, Math.floor((dayOfMonth - 1) / 7))] ?? 'first';
  const patterns: Recurrence['pattern'][] = [
    { type: 'daily', interval: 2 },
    { type: 'weekly', interval: 1, daysOfWeek: [weekday], firstDayOfWeek: 'monday' },
    { type: 'absoluteMonthly', interval: 1, dayOfMonth },
    { type: 'relativeMonthly', interval: 1, daysOfWeek: [weekday], index: nth },
    { type: 'absoluteYearly', interval: 1, dayOfMonth, month },
    { type: 'relativeYearly', interval: 1, daysOfWeek: [weekday], index: nth, month },
  ];
  const pattern = patterns[index % patterns.length] ?? { type: 'daily', interval: 1 };
  const range: Recurrence['range'] = index % 3 === 0 ? { type: 'numbered', startDate, numberOfOccurrences: 12, recurrenceTimeZone: zone } : index % 3 === 1 ? { type: 'endDate', startDate, endDate: dateOf(startMs + 400 * day), recurrenceTimeZone: zone } : { type: 'noEnd', startDate, recurrenceTimeZone: zone };
  return { pattern, range };
}

export function eventSource(spec: OthersSpec): ItemSource {
  return sourceOf(spec, (rng, index) => {
    const startMs = Date.UTC(2025, 0, 6 + (index % 20), 7 + rng.below(10));
    const zone = rng.pick(zones);
    const isAllDay = rng.chance(7);
    const begin = isAllDay ? Date.UTC(2025, 0, 6 + (index % 20)) : startMs;
    const finish = isAllDay ? begin + day : begin + (30 + 30 * rng.below(4)) * 60_000;
    const repeats = index % 3 === 1;
    const series = repeats ? recurrence(Math.floor(index / 3), begin, zone) : null;
    // One series in five is regular.
    const deviating = series !== null && index % 5 !== 4;
    const attendees: Attendee[] = rng.chance(2) ? [{ ...person(rng, spec.domain), type: 'required', response: 'accepted', respondedAt: iso(begin - 3 * day) }, { ...person(rng, spec.domain), type: 'optional', response: 'none', respondedAt: null }] : [];
    const event: EventContent = {
      start: { dateTime: wall(begin), timeZone: zone },
      end: { dateTime: wall(finish), timeZone: zone },
      isAllDay,
      location: rng.chance(2) ? 'Raum 4 / 会議室' : '',
      showAs: rng.chance(5) ? 'free' : rng.chance(6) ? 'oof' : 'busy',
      reminderMinutes: rng.chance(4) ? null : 15,
      organizer: attendees.length > 0 && rng.chance(3) ? person(rng, spec.domain) : spec.owner,
      attendees,
      responseRequested: true,
      allowNewTimeProposals: true,
      hideAttendees: false,
      isCancelled: false,
      onlineMeetingUrl: null,
      globalObjectId: `040000008200E00074C5B7101A82E008${rng.hex(40)}`,
      transactionId: null,
      recurrence: series,
      ...(deviating ? deviations(series, index, { begin, finish, isAllDay, zone }) : { cancelledDates: [], exceptions: [] }),
    };
    return { ...blankContent('IPM.Appointment'), subject: rng.pick(subjects), body: { contentType: 'html', content: `<html><body><p>${text(rng, 200)}</p></body></html>` }, importance: rng.chance(9) ? 'high' : 'normal', sensitivity: rng.chance(9) ? 'private' : 'normal', categories: rng.chance(4) ? [rng.pick(categoryNames)] : [], event };
  });
}

export function contactSource(spec: OthersSpec): ItemSource {
  return sourceOf(spec, (rng, index) => {
    if (index % 13 === 12) return { ...blankContent('IPM.DistList'), subject: `Verteiler ${String(index)}`, properties: { 'Binary {00062004-0000-0000-c000-000000000046} Id 0x8055': Buffer.from(rng.hex(64), 'hex').toString('base64') } };
    const who = person(rng, 'partner.example');
    const [givenName = '', surname = ''] = who.name.split(' ');
    return {
      ...blankContent('IPM.Contact'),
      subject: who.name,
      body: { contentType: 'text', content: rng.chance(3) ? text(rng, 120) : '' },
      categories: rng.chance(5) ? [rng.pick(categoryNames)] : [],
      contact: {
        fields: { givenName, surname, displayName: who.name, fileAs: `${surname}, ${givenName}`, companyName: rng.chance(2) ? 'Tailspin Toys' : 'Ваша фирма', jobTitle: 'Einkäufer', department: 'R&D', mobilePhone: `+49 170 ${String(1_000_000 + rng.below(8_999_999))}`, ...(rng.chance(3) ? { birthday: '1980-05-17T11:59:00Z' } : {}), ...(rng.chance(4) ? { nickName: 'Zoë' } : {}) },
        emails: [who, ...(rng.chance(3) ? [{ name: who.name, address: `second.${who.address}` }] : [])],
        businessPhones: [`+1 425 555 0${String(100 + (index % 900))}`],
        homePhones: rng.chance(3) ? ['+81 3 5555 0100'] : [],
        imAddresses: [],
        children: [],
        addresses: { businessAddress: { street: 'Straße des 17. Juni 1', city: 'Berlin', postalCode: '10557', countryOrRegion: 'Deutschland' } },
        photo: rng.chance(6) ? seededContent(`${spec.seed} photo ${String(index)}`, 9_000) : null,
      },
    };
  });
}

export function taskSource(spec: OthersSpec): ItemSource {
  return sourceOf(spec, (rng, index) => {
    const due = Date.UTC(2025, 5, 1 + (index % 28));
    const done = rng.chance(3);
    const at = (ms: number) => ({ dateTime: wall(ms), timeZone: 'UTC' });
    return {
      ...blankContent('IPM.Task'),
      subject: rng.pick(subjects) || `Task ${String(index)}`,
      body: { contentType: 'text', content: text(rng, 100) },
      importance: rng.chance(4) ? 'high' : 'normal',
      categories: rng.chance(5) ? [rng.pick(categoryNames)] : [],
      task: { status: done ? 'completed' : rng.chance(3) ? 'inProgress' : 'notStarted', start: null, due: at(due), completed: done ? at(due + day) : null, reminder: rng.chance(3) ? at(due - day) : null, recurrence: !done && rng.chance(4) ? { pattern: { type: 'weekly', interval: 1, daysOfWeek: ['monday'], firstDayOfWeek: 'monday' }, range: { type: 'noEnd', startDate: dateOf(due), recurrenceTimeZone: 'UTC' } } : null, steps: rng.chance(2) ? [{ key: index * 8 + 1, displayName: 'First step – erster Schritt', isChecked: done, createdAt: iso(createdMs), checkedAt: done ? iso(due) : null }] : [], links: [] },
    };
  });
}

export function noteSource(spec: OthersSpec): ItemSource {
  return sourceOf(spec, (rng) => ({ ...blankContent('IPM.StickyNote'), subject: 'Note', body: { contentType: 'text', content: text(rng, 150) }, properties: { 'Integer {0006200e-0000-0000-c000-000000000046} Id 0x8b00': String(rng.below(5)) } }));
}

export function journalSource(spec: OthersSpec): ItemSource {
  return sourceOf(spec, (rng, index) => ({ ...blankContent('IPM.Activity'), subject: `Phone call ${String(index)}`, body: { contentType: 'text', content: text(rng, 90) }, properties: { 'String {0006200a-0000-0000-c000-000000000046} Id 0x8700': 'Phone call', 'Integer {0006200a-0000-0000-c000-000000000046} Id 0x8707': String(5 + rng.below(50)) } }));
}
