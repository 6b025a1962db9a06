import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { createHttp, type Http } from '../http.js';
import { createLastHop } from '../last-hop.js';
import { TokenError } from './token-error.js';
import { createTokenSource, type TokenSource } from './token-source.js';

const tenantId = '11111111-2222-4333-8444-555555555555';
let answer: (response: ServerResponse, nth: number) => void;
let asked: { host: string; path: string; form: URLSearchParams }[] = [];
const entra = createServer((request: IncomingMessage, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    asked.push({ host: request.headers.host!, path: request.url!.split('?')[0]!, form: new URLSearchParams(Buffer.concat(pieces).toString()) });
    answer(response, asked.length);
  });
});
let http: Http;
let source: TokenSource;

beforeAll(async () => {
  await new Promise<void>((resolve) => entra.listen(0, '127.0.0.1', resolve));
  http = createHttp(createLastHop(`http://127.0.0.1:${(entra.address() as AddressInfo).port}`));
});
afterAll(async () => {
  await http.close();
  entra.closeAllConnections();
  await new Promise((resolve) => entra.close(resolve));
});
beforeEach(() => {
  asked = [];
  source = createTokenSource({ tenantId, clientId: 'aaaaaaaa-2222-4333-8444-555555555555', credential: { kind: 'secret', clientSecret: 'the secret' } }, http);
});

const send = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body));
};
const token = (roles: string[], name: string): string => ['{}', JSON.stringify({ roles, jti: name })].map((part) => Buffer.from(part).toString('base64url')).join('.') + '.signature';
const grant = (response: ServerResponse, roles: string[], name = 'one'): void => {
  send(response, 200, { token_type: 'Bearer', expires_in: 3_599, access_token: token(roles, name) });
};
const failure = async (): Promise<TokenError> => {
  try {
    await source.token();
  } catch (error) {
    if (error instanceof TokenError) return error;
    throw error;
  }
  throw new Error('there was a token');
};

test('one request for any number of callers at once, to the tenant’s own production address, and none while the token lives', async () => {
  answer = (response) => { grant(response, ['User.Read.All']); };
  const tokens = await Promise.all([1, 2, 3, 4, 5].map(() => source.token()));
  expect(new Set(tokens.map((each) => each.accessToken)).size).toBe(1);
  expect((await source.token()).roles).toEqual(['User.Read.All']);
  expect(asked.map(({ host, path }) => ({ host, path }))).toEqual([{ host: 'login.microsoftonline.com', path: `/${tenantId}/oauth2/v2.0/token` }]);
  expect(Object.fromEntries(asked[0]!.form)).toMatchObject({ grant_type: 'client_credentials', scope: 'https://graph.microsoft.com/.default' });
});

test('a fresh token is asked for although the old one lives, and takes its place', async () => {
  answer = (response, nth) => { grant(response, nth === 1 ? [] : ['Mail.Read'], String(nth)); };
  expect((await source.token()).roles).toEqual([]);
  expect((await source.token({ fresh: true })).roles).toEqual(['Mail.Read']);
  expect((await source.token()).roles).toEqual(['Mail.Read']);
  expect(asked).toHaveLength(2);
});

test('after a refusal for now the next request goes out at once: msal’s own minute of silence does not hold, Retry-After is handed on', async () => {
  answer = (response, nth) => {
    if (nth === 1) send(response, 429, { error: 'temporarily_unavailable', error_description: 'AADSTS90055: throttled' }, { 'Retry-After': '7' });
    else if (nth === 2) send(response, 503, '<html>');
    else grant(response, ['Mail.Read']);
  };
  expect(await failure()).toMatchObject({ kind: 'temporary', entraCode: '90055', retryAfterMs: 7_000 });
  expect(await failure()).toMatchObject({ kind: 'temporary', retryAfterMs: null });
  expect((await source.token()).roles).toEqual(['Mail.Read']);
  expect(asked).toHaveLength(3);
});

test('every refusal of Entra becomes one kind of error with a remedy, and shows neither secret nor assertion', async () => {
  const cases: [number, unknown, TokenError['kind'], string | null][] = [
    [401, { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided.', error_codes: [7000215] }, 'credential', '7000215'],
    [401, { error: 'invalid_client', error_description: 'AADSTS7000222: expired', error_codes: [7000222] }, 'credential', '7000222'],
    [400, { error: 'unauthorized_client', error_description: 'AADSTS700016: not found in the directory', error_codes: [700016] }, 'consent', '700016'],
    [400, { error: 'invalid_grant', suberror: 'consent_required', error_description: 'AADSTS65001: no consent', error_codes: [65001] }, 'consent', '65001'],
    [400, { error: 'invalid_request', error_description: 'AADSTS90002: Tenant not found', error_codes: [90002] }, 'tenant', '90002'],
    [400, { error: 'interaction_required', error_description: 'AADSTS53003: blocked', error_codes: [53003] }, 'blocked', '53003'],
    [400, { error: 'invalid_scope', error_description: 'AADSTS1002012: scope', error_codes: [1002012] }, 'configuration', '1002012'],
    [401, { error: 'invalid_client', error_description: 'a number nobody knows' }, 'credential', null],
    [400, { error: 'unauthorized_client', error_description: 'a number nobody knows' }, 'consent', null],
    [502, '<html>a proxy’s page</html>', 'temporary', null],
    [200, { token_type: 'Bearer', expires_in: 3_599 }, 'temporary', null],
  ];
  for (const [status, body, kind, entraCode] of cases) {
    answer = (response) => { send(response, status, body); };
    const error = await failure();
    expect({ body, kind: error.kind, entraCode: error.entraCode }).toEqual({ body, kind, entraCode });
    expect(error.remedy.length).toBeGreaterThan(20);
    expect(inspect(error, { depth: 10 })).not.toMatch(/the secret|client_secret=/);
  }
});
