/** The compose files, as far as their services' environment goes: merged and filled in as compose does it. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const composeFile = z.object({
  services: z.record(
    z.string(),
    z.object({
      environment: z.record(z.string(), z.string()).default({}),
      command: z.array(z.string()).optional(),
      healthcheck: z.object({ test: z.array(z.string()) }).optional(),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
      ports: z.array(z.string()).default([]),
    }),
  ),
});
export type ComposeFile = z.output<typeof composeFile>;
export type ComposeService = ComposeFile['services'][string];

/** Throws when the file is not one of the shape that we write. */
export const readComposeFile = (file: string): ComposeFile => composeFile.parse(parse(readFileSync(file, 'utf8'), { merge: true }));

/** What each service gets from several files: of a variable that two files set, the later one counts. */
export function environments(files: readonly ComposeFile[]): Map<string, Record<string, string>> {
  const merged = new Map<string, Record<string, string>>();
  for (const { services } of files) for (const [name, { environment }] of Object.entries(services)) merged.set(name, { ...merged.get(name), ...environment });
  return merged;
}

export interface Placeholder {
  name: string;
  /** `:?` and `?` refuse, `:-` and `-` fall back on `text`; with a colon also when the variable is empty. */
  rule: ':?' | '?' | ':-' | '-' | null;
  text: string;
}

const placeholder = /\$\{([A-Za-z_]\w*)(?:(:?[?-])([^}]*))?\}/g;

/** The variables that a text takes from `.env`. */
export const placeholdersOf = (text: string): Placeholder[] =>
  [...text.matchAll(placeholder)].map(([, name = '', rule, rest = '']) => ({ name, rule: (rule ?? null) as Placeholder['rule'], text: rest }));

/** Fills in variables; throws where compose refuses. */
export const fillIn = (text: string, env: Readonly<Record<string, string>>): string =>
  text.replace(placeholder, (_all, name: string, rule: string | undefined, rest = '') => {
    const value = env[name];
    const missing = value === undefined || (value === '' && rule?.startsWith(':') === true);
    if (!missing) return value;
    if (rule?.endsWith('?') === true) throw new Error(`${name} ${String(rest)}`);
    return rule === undefined ? '' : String(rest);
  });

/** The variables of a file in the form of `.env`. */
export const parseEnvFile = (text: string): Record<string, string> =>
  Object.fromEntries(text.split('\n').filter((line) => /^[A-Za-z_]\w*=/.test(line)).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
