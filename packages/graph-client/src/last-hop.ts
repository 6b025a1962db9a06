/**
 * The last hop. The product keeps Microsoft's production addresses everywhere; only here may a request be carried to another
 * listener (a rehearsal environment), with the production name in its Host header. Nothing else knows or asks.
 */
export interface LastHop {
  /** Where to connect for a URL, and the Host header to send there. */
  resolve(url: URL): { origin: string; host: string };
}

/** `origin` empty: straight to Microsoft. Otherwise every https address is carried to that origin. Throws on anything that is not an origin. */
export function createLastHop(origin: string): LastHop {
  if (origin === '') return { resolve: (url) => ({ origin: url.origin, host: url.host }) };
  const target = new URL(origin);
  if (!/^https?:$/.test(target.protocol) || target.pathname !== '/' || target.search !== '') throw new Error('MICROSOFT_LAST_HOP must be an origin such as http://127.0.0.1:4000');
  return { resolve: (url) => ({ origin: url.protocol === 'https:' ? target.origin : url.origin, host: url.host }) };
}
