/** How much of a budget may be used at a time of day. */
import type { BusinessHours } from '@migrator/contracts/api/throttling';

export type { BusinessHours };

const minuteMs = 60_000;
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const;

/** The share (0 to 1) by the wall clock of the curve's own time zone; asked again within a minute it costs nothing. */
export class HoursCurve {
  readonly #format: Intl.DateTimeFormat;
  readonly #from: number;
  readonly #to: number;
  #minute = -1;
  #share = 1;

  constructor(readonly hours: BusinessHours) {
    this.#format = new Intl.DateTimeFormat('en-GB', { timeZone: hours.timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    this.#from = minutesOf(hours.from);
    this.#to = minutesOf(hours.to);
  }

  shareAt(now: number): number {
    const minute = Math.floor(now / minuteMs);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#share = this.#within(minute * minuteMs) ? this.hours.share : 1;
    }
    return this.#share;
  }

  /** Hours that end no later than they begin run over midnight and belong to the day they begin on. */
  #within(at: number): boolean {
    const parts = new Map(this.#format.formatToParts(at).map(({ type, value }) => [type, value]));
    const day = weekdays.findIndex((name) => name === (parts.get('weekday') ?? '').toUpperCase());
    const minutes = Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
    const on = (each: number): boolean => this.hours.days.includes(weekdays[(each + 7) % 7] ?? 'SUN');
    if (this.#from < this.#to) return on(day) && minutes >= this.#from && minutes < this.#to;
    return (on(day) && minutes >= this.#from) || (on(day - 1) && minutes < this.#to);
  }
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
