/**
 * People and groups in columns. A site numbers whom it knows; the same person has another number in another site, and none in one where
 * they have never been. Graph has no way to make somebody known.
 */
import { objectOf, textOf, type Raw } from '../../drive/drive-item.js';
import type { People } from '../../workload.js';
import { once } from '../site-part.js';
import type { Site } from '../site.js';
import type { Column } from './columns.js';
import { pointedAt } from './values.js';

/** Somebody as a site knows them. */
interface Known {
  readonly id: string;
  /** Address, or the name of a sign-in where there is none; lower case. */
  readonly name: string;
}

export class SitePeople {
  readonly #source: () => Promise<Map<string, Known>>;
  readonly #dest: () => Promise<Map<string, Known>>;

  constructor(
    private readonly people: People,
    source: Site,
    destination: Site,
    signal: AbortSignal,
  ) {
    this.#source = once(async () => new Map((await knownTo(source, signal)).map((each) => [each.id, each])));
    this.#dest = once(async () => new Map((await knownTo(destination, signal)).map((each) => [each.name, each])));
  }

  /** What the site of the destination calls those whom a column of an item names; `missing`: some of them it does not know. */
  async carry(column: Column, fields: Raw): Promise<{ ids: string[]; missing: boolean }> {
    const wanted = await this.wanted(column, fields);
    const there = await this.#dest();
    const ids = wanted.flatMap((name) => (name === null ? [] : (there.get(name)?.id ?? [])));
    return { ids, missing: ids.length < wanted.length };
  }

  /** Whom they are at the destination, by name; null for who has no counterpart. */
  async wanted(column: Column, fields: Raw): Promise<(string | null)[]> {
    const numbers = pointedAt(column, fields);
    if (numbers.length === 0) return [];
    const known = await this.#source();
    const names = numbers.map((number) => known.get(number)?.name ?? null);
    const identities = await this.people.find([...new Set(names.flatMap((name) => name ?? []))]);
    return names.map((name) => (name === null ? null : (identities.get(name)?.dest?.name.toLowerCase() ?? null)));
  }

  /** Whom a column of a copy names. */
  async named(column: Column, fields: Raw): Promise<(string | null)[]> {
    const byId = new Map([...(await this.#dest()).values()].map(({ id, name }) => [id, name]));
    return pointedAt(column, fields).map((number) => byId.get(number) ?? null);
  }
}

/** Everybody that a site knows. Throws UnitError. */
async function knownTo(site: Site, signal: AbortSignal): Promise<Known[]> {
  const raws = await site.all(site.list('User Information List', '/items'), signal, { $expand: 'fields($select=id,EMail,UserName,Name)', $top: '500' });
  return raws.flatMap((raw): Known[] => {
    const fields = objectOf(raw['fields']) ?? {};
    const name = [fields['EMail'], fields['UserName'], signInName(textOf(fields['Name']))].find((each): each is string => typeof each === 'string' && each !== '');
    const id = textOf(raw['id']);
    return name === undefined || id === null ? [] : [{ id, name: name.toLowerCase() }];
  });
}

/** `i:0#.f|membership|ann@contoso.com` and, of groups, `c:0o.c|federateddirectoryclaimprovider|{id}`. */
const signInName = (claims: string | null): string | null => claims?.split('|').at(-1) ?? null;
