import { RawHeaders } from './answer-headers.js';

test('headers are found by name in any case; one that comes again is one', () => {
  const headers = new RawHeaders(['Retry-After', '7', 'Link', 'a', 'request-id', 'x', 'LINK', 'b'].map((text) => Buffer.from(text)));
  expect(['retry-after', 'Request-Id', 'link', 'linq'].map((name) => headers.get(name))).toEqual(['7', 'x', 'a, b', null]);
  expect([...headers]).toEqual([['retry-after', '7'], ['link', 'a, b'], ['request-id', 'x']]);
});
