/** What Microsoft's metadata says of v1.0, as far as the product's own traffic over files and sites reaches: `schema.json`, taken from the published CSDL and OpenAPI description (microsoftgraph/msgraph-metadata). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `[x]` is a collection, `!` cannot be null, `~` is contained. */
export type TypeName = string;

interface TypeOf {
  readonly base?: string;
  readonly open?: boolean;
  readonly entity?: boolean;
  readonly properties?: Readonly<Record<string, TypeName>>;
  readonly navigations?: Readonly<Record<string, TypeName>>;
}

export interface Operation {
  readonly action?: boolean;
  readonly returns?: TypeName;
  readonly parameters?: Readonly<Record<string, TypeName>>;
}

interface Schema {
  readonly sets: Readonly<Record<string, string>>;
  readonly singletons: Readonly<Record<string, string>>;
  readonly types: Readonly<Record<string, TypeOf>>;
  readonly enums: Readonly<Record<string, readonly string[]>>;
  /** By what they are bound to. */
  readonly operations: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  /** Published methods by path. */
  readonly paths: Readonly<Record<string, readonly string[]>>;
}

/** What a path addresses. */
export type Target =
  | { readonly is: 'unknown'; readonly segment: string }
  | { readonly is: 'bytes' | 'batch' }
  | { readonly is: 'thing'; readonly type: string; readonly many: boolean }
  | { readonly is: 'operation'; readonly name: string; readonly operation: Operation };

export const bare = (type: TypeName): string => type.replace(/[[\]!~]/g, '');
export const isMany = (type: TypeName): boolean => type.startsWith('[');

export class Metadata {
  private constructor(private readonly schema: Schema) {}

  static read(): Metadata {
    return new Metadata(JSON.parse(readFileSync(join(process.cwd(), 'e2e/src/graph-metadata/schema.json'), 'utf8')) as Schema);
  }

  type(name: string): TypeOf | undefined {
    return this.schema.types[name];
  }

  members(name: string): readonly string[] | undefined {
    return this.schema.enums[name];
  }

  /** A type and those it derives from. */
  line(name: string): string[] {
    const base = this.schema.types[name]?.base;
    return base === undefined ? [name] : [name, ...this.line(base)];
  }

  find(type: string, what: 'properties' | 'navigations', name: string): TypeName | undefined {
    return this.line(type).map((each) => this.schema.types[each]?.[what]?.[name]).find((found) => found !== undefined);
  }

  isOpen(type: string): boolean {
    return this.line(type).some((each) => this.schema.types[each]?.open === true);
  }

  /** Methods published for a path, with the path as published; null where the description has no such path. */
  published(path: string): { path: string; methods: readonly string[] } | null {
    const segments = segmentsOf(path).map((segment) => segment.replace(/\(.*\)$/, '').replace(/^microsoft\.graph\./, 'graph.').toLowerCase());
    const fits = Object.entries(this.schema.paths).flatMap(([known, methods]) => {
      const wanted = known.replace(/\(.*?\)/g, '').split('/').slice(1);
      const fit = wanted.length === segments.length && wanted.every((each, at) => each.startsWith('{') || each.toLowerCase() === segments[at]);
      return fit ? [{ path: known, methods, literal: wanted.filter((each) => !each.startsWith('{')).length }] : [];
    });
    return fits.sort((one, other) => other.literal - one.literal)[0] ?? null;
  }

  /** Follows a path from its first segment. */
  resolve(path: string): Target {
    const [first = '', ...rest] = segmentsOf(path);
    if (first === '$batch') return { is: 'batch' };
    const set = this.schema.sets[first];
    let type = set ?? this.schema.singletons[first];
    let many = set !== undefined;
    if (type === undefined) return { is: 'unknown', segment: first };
    for (const [at, segment] of rest.entries()) {
      const name = segment.replace(/\(.*\)$/, '').replace(/^(microsoft\.)?graph\./, '');
      const operation = this.#operation(type, many, name);
      if (segment === '$count' || segment === '$value') return { is: 'bytes' };
      if (name !== segment.replace(/\(.*\)$/, '') && this.schema.types[name] !== undefined) type = name;
      else if (operation !== undefined && at === rest.length - 1) return operation.returns !== undefined && /^(Stream|report)\b/.test(operation.returns) ? { is: 'bytes' } : { is: 'operation', name, operation };
      else if (many) many = false;
      else {
        const next: TypeName | undefined = this.find(type, 'navigations', name) ?? this.find(type, 'properties', name);
        if (next === undefined) return { is: 'unknown', segment: `${type}/${name}` };
        if (bare(next) === 'Stream') return { is: 'bytes' };
        type = bare(next);
        many = isMany(next) && !segment.includes('(');
      }
    }
    return { is: 'thing', type, many };
  }

  #operation(type: string, many: boolean, name: string): Operation | undefined {
    return this.line(type).map((each) => this.schema.operations[many ? `[${each}]` : each]?.[name]).find((found) => found !== undefined);
  }
}

/** Addressing by a place (`:/folder/file:`) is one key. */
function segmentsOf(path: string): string[] {
  const plain = path.replace(/^https?:\/\/[^/]+/, '').replace(/^\/(v1\.0|beta)(?=\/)/, '').split('?')[0] ?? '';
  return plain.replace(/:\/[^:]*(:(?=\/)|:?$)/g, ':').split('/').slice(1).map((segment) => decodeURIComponent(segment.replace(/:$/, '')));
}
