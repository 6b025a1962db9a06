import { endpoints } from './endpoints/all.js';
import { errorsOf, isStream } from './endpoint.js';
import { openApiDocument } from './openapi.js';

const document = openApiDocument('https://migrator.example') as { paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>; components: { schemas: Record<string, unknown> } };

/** Every `$ref` in a value. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => (key === '$ref' && typeof part === 'string' ? [part] : references(part)));
}

test('every call of the contract is in the document once, under its own id', () => {
  const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
  expect([...ids].sort()).toEqual(endpoints.map(({ id }) => id).sort());
  expect(new Set(ids).size).toBe(ids.length);
});

test('every reference leads somewhere', () => {
  const lost = [...new Set(references(document))].filter((reference) => {
    let at: unknown = document;
    for (const step of reference.slice(2).split('/')) at = (at as Record<string, unknown> | undefined)?.[step];
    return at === undefined;
  });
  expect(lost).toEqual([]);
});

test.each(endpoints.map((endpoint) => [endpoint.id, endpoint] as const))('the examples of %s are what its schemas say', (_id, endpoint) => {
  if (endpoint.body !== undefined) {
    expect(endpoint.examples?.body).toBeDefined();
    endpoint.body.parse(JSON.parse(JSON.stringify(endpoint.examples?.body)));
  }
  if (isStream(endpoint.answer)) {
    if (endpoint.examples?.answer !== undefined) expect(endpoint.answer.json?.parse(endpoint.examples.answer)).toEqual(endpoint.examples.answer);
    return;
  }
  expect(endpoint.answer.parse(endpoint.examples?.answer)).toEqual(endpoint.examples?.answer);
});

test('every call says each error that it can give, with its status', () => {
  for (const endpoint of endpoints) {
    const { responses } = document.paths[endpoint.path.replace(/:(\w+)/g, '{$1}')]?.[endpoint.method.toLowerCase()] ?? { responses: {} };
    for (const code of errorsOf(endpoint)) expect(JSON.stringify(responses)).toContain(`"${code}"`);
  }
});
