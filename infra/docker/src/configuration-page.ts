/** The tables of docs/configuration.md: which variables there are, and what holds without them. */
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';

export interface Row {
  name: string;
  /** `required`, `not set`, `empty`, or the value in backquotes. */
  fallback: string;
}

/** What the page has to say of the variables of a schema. */
export const rowsOf = (shape: Readonly<Record<string, z.ZodType>>): Row[] => Object.entries(shape).map(([name, schema]) => ({ name, fallback: fallbackOf(schema) }));

/** True when a service does not start without the variable. */
export const isRequired = (schema: z.ZodType): boolean => !schema.safeParse(undefined).success;

function fallbackOf(schema: z.ZodType): string {
  if (isRequired(schema)) return 'required';
  const value = schema.parse(undefined);
  if (value === undefined) return 'not set';
  // An empty text that was parsed into something of its own form.
  const parsed = typeof value === 'object' && value !== null && isDeepStrictEqual(value, schema.safeParse('').data);
  return value === '' || parsed ? 'empty' : `\`${String(value)}\``;
}

/** The first two columns of each section's table, by heading; rows without a meaning are refused. */
export function tablesOf(page: string): Map<string, Row[]> {
  const sections = page.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const rows = section.split('\n').filter((line) => /^\| [A-Z]/.test(line));
      return [
        section.slice(0, section.indexOf('\n')),
        rows.map((line) => {
          const [, name = '', fallback = '', meaning = ''] = line.split('|').map((cell) => cell.trim());
          if (meaning === '') throw new Error(`docs/configuration.md does not say what ${name} means.`);
          return { name, fallback };
        }),
      ];
    }),
  );
}
