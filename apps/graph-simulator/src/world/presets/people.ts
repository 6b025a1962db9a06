import type { PersonSpec } from '../people.js';

/** Contoso's mailboxes: the scripts and shapes a real organisation has. The last user has no counterpart at the destination. */
export const contosoPeople: readonly PersonSpec[] = [
  { alias: 'adele.vance', displayName: 'Adele Vance', givenName: 'Adele', surname: 'Vance', department: 'Retail' },
  { alias: 'alex.wilber', displayName: 'Alex Wilber', givenName: 'Alex', surname: 'Wilber', department: 'Marketing' },
  { alias: 'soren.kjaer', displayName: 'Søren Kjær', givenName: 'Søren', surname: 'Kjær', preferredLanguage: 'da-DK', department: 'Legal' },
  { alias: 'zoe.muller', displayName: 'Zoë Müller-Lüdenscheidt', givenName: 'Zoë', surname: 'Müller-Lüdenscheidt', preferredLanguage: 'de-DE', department: 'Finance' },
  { alias: 'francois.lefevre', displayName: 'François Lefèvre', givenName: 'François', surname: 'Lefèvre', preferredLanguage: 'fr-FR' },
  { alias: 'ines.pena', displayName: 'Inés Peña Ibáñez', givenName: 'Inés', surname: 'Peña Ibáñez', preferredLanguage: 'es-ES' },
  { alias: 'zofia.zolkiewska', displayName: 'Zofia Żółkiewska', givenName: 'Zofia', surname: 'Żółkiewska', preferredLanguage: 'pl-PL' },
  { alias: 'sinead.obrien', displayName: "Sinéad O'Brien", givenName: 'Sinéad', surname: "O'Brien", preferredLanguage: 'en-IE' },
  { alias: 'anna.kuznetsova', displayName: 'Анна Кузнецова', givenName: 'Анна', surname: 'Кузнецова', preferredLanguage: 'ru-RU' },
  { alias: 'taras.shevchuk', displayName: 'Тарас Шевчук', givenName: 'Тарас', surname: 'Шевчук', preferredLanguage: 'uk-UA' },
  { alias: 'eleni.papadopoulou', displayName: 'Ελένη Παπαδοπούλου', givenName: 'Ελένη', surname: 'Παπαδοπούλου', preferredLanguage: 'el-GR' },
  { alias: 'wei.zhang', displayName: '张伟', givenName: '伟', surname: '张', preferredLanguage: 'zh-CN' },
  { alias: 'meiling.chen', displayName: '陳美玲', givenName: '美玲', surname: '陳', preferredLanguage: 'zh-TW' },
  { alias: 'hana.sato', displayName: '佐藤 花', givenName: '花', surname: '佐藤', preferredLanguage: 'ja-JP' },
  { alias: 'minjun.kim', displayName: '김민준', givenName: '민준', surname: '김', preferredLanguage: 'ko-KR' },
  { alias: 'layla.alhashimi', displayName: 'ليلى الهاشمي', givenName: 'ليلى', surname: 'الهاشمي', preferredLanguage: 'ar-AE' },
  { alias: 'noa.levi', displayName: 'נועה לוי', givenName: 'נועה', surname: 'לוי', preferredLanguage: 'he-IL' },
  { alias: 'somchai.jaidee', displayName: 'สมชาย ใจดี', givenName: 'สมชาย', surname: 'ใจดี', preferredLanguage: 'th-TH' },
  { alias: 'priya.sharma', displayName: 'प्रिया शर्मा', givenName: 'प्रिया', surname: 'शर्मा', preferredLanguage: 'hi-IN' },
  { alias: 'info', displayName: 'Contoso Info', kind: 'shared' },
  { alias: 'support', displayName: 'Contoso Support', kind: 'shared' },
  { alias: 'room.berlin', displayName: 'Meeting room Berlin', kind: 'room' },
  { alias: 'room.tokyo', displayName: '会議室 東京', kind: 'room' },
  { alias: 'projector.1', displayName: 'Projector 1', kind: 'equipment' },
  { alias: 'lee.gu', displayName: 'Lee Gu', givenName: 'Lee', surname: 'Gu', department: 'Manufacturing' },
];

/** The alias of contosoPeople that fabrikam does not have. */
export const withoutCounterpart = 'lee.gu';

/** The three people of the small preset. */
export const smallPeople: readonly PersonSpec[] = contosoPeople.filter((p) => ['adele.vance', 'soren.kjaer', 'info'].includes(p.alias));
