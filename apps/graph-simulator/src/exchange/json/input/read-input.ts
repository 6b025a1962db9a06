import type { z } from 'zod';
import { GraphFault } from '../../../http/route.js';

/** How one entity type answers a body it cannot take. */
export interface InputRules<Shape extends z.ZodObject> {
  readonly shape: Shape;
  /** Properties the server owns: accepted and ignored. */
  readonly serverOwned: readonly string[];
  /** The 400 for a property the type does not have. */
  unknown(name: string): GraphFault;
}

/** The usual refusal of a property name (message, contact, folder, rule ...). */
export function unknownProperty(typeName: string): (name: string) => GraphFault {
  return (name) => new GraphFault(400, 'RequestBodyRead', `The property '${name}' does not exist on type 'microsoft.graph.${typeName}'. Make sure to only use property names that are defined by the type.`);
}

/** Events are open types, so Exchange takes a name it does not know for a schema extension and refuses the mixture. */
export function extensionChanges(): GraphFault {
  return new GraphFault(400, 'BadRequest', 'Requests must contain extension changes exclusively.');
}

/** The body as an object. Throws GraphFault 400 for anything else. */
export function asObject(raw: unknown): Record<string, unknown> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new GraphFault(400, 'UnableToDeserializePostBody', 'were unable to deserialize ');
  return raw as Record<string, unknown>;
}

/** Parses one value by its schema. Throws GraphFault 400 that names the first offending property. */
export function readValue<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const at = (issue?.path ?? []).map(String).join('/');
  throw new GraphFault(400, 'ErrorInvalidProperty', `The value of property '${at}' is not valid: ${issue?.message ?? 'wrong type'}.`, at === '' ? {} : { target: at });
}

/** Reads a request body as one entity. Throws GraphFault 400 for unknown properties and wrong types. */
export function readInput<Shape extends z.ZodObject>(rules: InputRules<Shape>, raw: unknown): z.infer<Shape> {
  const body = asObject(raw);
  const taken: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (name.startsWith('@odata.')) continue;
    if (name in rules.shape.shape) taken[name] = value;
    else if (!rules.serverOwned.includes(name)) throw rules.unknown(name);
  }
  return readValue(rules.shape, taken) as z.infer<Shape>;
}
