/** Makes what Graph gave us acceptable to Graph again: pure rules shared by the JSON bodies. */
import { isObject } from '../mapi.js';

/**
 * Control characters below 0x20 other than tab and line breaks, and lone surrogates, make Exchange's serialisers refuse a whole
 * item, so they are taken out of every string of a body (and lone surrogates replaced).
 */
export function cleanText(value: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what this looks for
  return value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').toWellFormed();
}

/** A body with every string cleaned and every OData annotation of the server removed, `@odata.type` excepted. */
export function cleanBody<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (!isObject(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key.includes('@') && key !== '@odata.type') continue;
    kept[key] = clean(inner);
  }
  return kept;
}

/** The named fields of an answer that hold something. */
export function pick(source: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const field of fields) {
    const value = source[field];
    if (value !== undefined && value !== null) kept[field] = value;
  }
  return kept;
}

/** Graph refuses a whole message for one reply address that is neither SMTP nor an Exchange distinguished name. */
export function isUsableAddress(recipient: unknown): boolean {
  const email = isObject(recipient) ? recipient['emailAddress'] : undefined;
  const address = isObject(email) ? email['address'] : undefined;
  return typeof address === 'string' && (/^[^\s@<>]+@[^\s@<>]+$/.test(address) || /^\/o=.+\/cn=/i.test(address));
}

export function escapeHtml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
