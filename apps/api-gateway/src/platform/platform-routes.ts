/** Health, the OpenAPI document and the reference. */
import { platformEndpoints } from '@migrator/contracts/endpoints/platform';
import { openApiDocument } from '@migrator/contracts/openapi';
import { publicRoute, type OwnRoute } from '../http/own-route.js';
import { renderReference } from './reference-page.js';

/** `publicUrl`: where the gateway is reached from outside. */
export function platformRoutes(publicUrl: string): OwnRoute[] {
  const document = openApiDocument(publicUrl);
  const text = Buffer.from(JSON.stringify(document));
  const page = Buffer.from(renderReference(document));
  return [
    publicRoute(platformEndpoints.health, () => Promise.resolve({ status: 'ok' as const })),
    publicRoute(platformEndpoints.openApi, ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': text.length, 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=300' }).end(text);
      return Promise.resolve(null);
    }),
    publicRoute(platformEndpoints.docs, ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': page.length, 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'", 'cache-control': 'public, max-age=300' }).end(page);
      return Promise.resolve(null);
    }),
  ];
}
