/**
 * The last hop. The product keeps Microsoft's production addresses everywhere; only here may a request be carried to another
 * listener (a rehearsal environment), with the production name in its Host header. Nothing else knows or asks.
 */
export interface LastHop {
  /** The origin that a URL's requests are for, and the Host header to send there. */
  resolve(url: URL): { origin: string; host: string };
  /** Where connections of https origins are made to, under each one's own name; null: to the origin itself. */
  readonly dial: { readonly hostname: string; readonly port: string } | null;
}

/**
 * `origin` empty: straight to Microsoft. Of `http:`: every https address is carried to that origin. Of `https:`: connections are made
 * there, and everything on them is as it would be at Microsoft. Throws on anything that is not an origin.
 */
export function createLastHop(origin: string): LastHop {
  const straight = (url: URL): { origin: string; host: string } => ({ origin: url.origin, host: url.host });
  if (origin === '') return { resolve: straight, dial: null };
  const target = new URL(origin);
  if (!/^https?:$/.test(target.protocol) || target.pathname !== '/' || target.search !== '') throw new Error('MICROSOFT_LAST_HOP must be an origin such as http://127.0.0.1:4000');
  if (target.protocol === 'https:') return { resolve: straight, dial: { hostname: target.hostname, port: target.port === '' ? '443' : target.port } };
  return { resolve: (url) => ({ origin: url.protocol === 'https:' ? target.origin : url.origin, host: url.host }), dial: null };
}
