import type { Address, FollowUp } from '../../store/item.js';
import { formatWall, wallToUtc, parseWall, utcToWall, isoSeconds } from '../time/zoned-time.js';
import type { ZonedInput } from '../input/outlook-schemas.js';
import { invalidProperty, type Call } from './call.js';
import type { Row } from './view.js';

export const recipientJson = ({ name, address }: Address): Row => ({ emailAddress: { name, address } });
export const recipientsJson = (list: readonly Address[]): Row[] => list.map(recipientJson);

type RecipientInput = { emailAddress: { name?: string | null | undefined; address?: string | null | undefined } } | null | undefined;

/** An address from a request; Exchange takes the address for the name when there is none. */
export function addressFrom(input: RecipientInput): Address | null {
  if (input == null) return null;
  const address = input.emailAddress.address ?? '';
  return { name: input.emailAddress.name ?? address, address };
}

export const addressesFrom = (list: RecipientInput[] | null | undefined): Address[] => (list ?? []).map(addressFrom).filter((each) => each !== null);

/** Throws the 400 for addresses that are neither SMTP nor `/o=...`. Exchange checks only those it would answer to. */
export function checkReplyTo(list: readonly Address[]): void {
  for (const { address } of list) if (!/^[^\s@]+@[^\s@]+$/.test(address) && !/^\/o=/i.test(address)) throw invalidProperty(`'${address}' is not a valid recipient.`, 'replyTo');
}

/** An instant as `dateTimeTimeZone` in the zone the caller prefers, UTC otherwise. */
export function zonedJson(iso: string | null, call: Call): Row | null {
  if (iso === null) return null;
  const zone = call.prefer.timeZone ?? 'UTC';
  return { dateTime: formatWall(utcToWall(Date.parse(iso), zone)), timeZone: zone };
}

/** The instant a `dateTimeTimeZone` of a request means, in milliseconds. */
export function instantOf(input: ZonedInput): number {
  const wall = parseWall(input.dateTime.replace(/Z$/i, ''));
  if (wall === null) return Date.parse(input.dateTime);
  return wallToUtc(wall, input.timeZone == null || input.timeZone.toLowerCase().startsWith('tzone://') ? 'UTC' : input.timeZone);
}

export const instantFrom = (input: ZonedInput | null | undefined): string | null => (input == null ? null : isoSeconds(instantOf(input)));

export function flagJson(flag: FollowUp, call: Call): Row {
  const out: Row = { flagStatus: flag.status };
  for (const [name, at] of [['completedDateTime', flag.completedAt], ['dueDateTime', flag.dueAt], ['startDateTime', flag.startAt]] as const) if (at !== null) out[name] = zonedJson(at, call);
  return out;
}
