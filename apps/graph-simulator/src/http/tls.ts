import { generate } from 'selfsigned';

/** A private certificate authority and a server certificate for the production host names, all PEM. */
export interface TlsMaterial { caCert: string; caKey: string; key: string; cert: string }

const dayMs = 86_400_000;

/** Makes (or continues, when given) the authority, and signs a certificate for these host names plus localhost. */
export async function makeTls(hostNames: readonly string[], authority?: { caCert: string; caKey: string }): Promise<TlsMaterial> {
  const from = new Date(Date.now() - dayMs);
  const until = new Date(Date.now() + 825 * dayMs);
  const ca = authority ?? (await makeAuthority(from));
  const leaf = await generate([{ name: 'commonName', value: 'Graph simulator' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: from,
    notAfterDate: until,
    ca: { key: ca.caKey, cert: ca.caCert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...[...hostNames, 'localhost'].map((value) => ({ type: 2 as const, value })), { type: 7 as const, ip: '127.0.0.1' }],
      },
    ],
  });
  return { caCert: ca.caCert, caKey: ca.caKey, key: leaf.private, cert: leaf.cert };
}

async function makeAuthority(from: Date): Promise<{ caCert: string; caKey: string }> {
  const made = await generate([{ name: 'commonName', value: 'Graph simulator CA' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: from,
    notAfterDate: new Date(from.getTime() + 3650 * dayMs),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { caCert: made.cert, caKey: made.private };
}
