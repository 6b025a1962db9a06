/** A low and a high bound of something that is not known exactly. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export const nothing: Range = { low: 0, high: 0 };
export const exactly = (value: number): Range => ({ low: value, high: value });
export const add = (a: Range, b: Range): Range => ({ low: a.low + b.low, high: a.high + b.high });
export const scale = ({ low, high }: Range, by: Range): Range => ({ low: low * by.low, high: high * by.high });
