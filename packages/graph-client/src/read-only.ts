/** A port that cannot write: a dry run uses the same code with a destination that refuses. */
import type { GraphPort } from './graph-port.js';

export class WriteRefused extends Error {
  override readonly name = 'WriteRefused';
}

/** Refuses everything but reads; `allow` names POST paths that only read (such as exports). */
export function readOnly(port: GraphPort, allow: readonly RegExp[] = []): GraphPort {
  const check = (method: string, path: string): void => {
    if (method === 'GET' || (method === 'POST' && allow.some((pattern) => pattern.test(path)))) return;
    throw new WriteRefused(`A dry run may not write: ${method}`);
  };
  return {
    tenantId: port.tenantId,
    appId: port.appId,
    get: (path, options) => port.get(path, options),
    post: async (path, body, options) => {
      check('POST', path);
      return port.post(path, body, options);
    },
    patch: (path) => Promise.reject(new WriteRefused(`A dry run may not write: PATCH ${path.split('/')[1] ?? ''}`)),
    put: (path) => Promise.reject(new WriteRefused(`A dry run may not write: PUT ${path.split('/')[1] ?? ''}`)),
    delete: (path) => Promise.reject(new WriteRefused(`A dry run may not write: DELETE ${path.split('/')[1] ?? ''}`)),
    raw: async (method, path, options) => {
      check(method, path);
      return port.raw(method, path, options);
    },
    pages: (path, options) => port.pages(path, options),
    batch: async (requests, options) => {
      for (const { method, url } of requests) check(method, url);
      return port.batch(requests, options);
    },
    preauthorisedBytes: (url, options) => port.preauthorisedBytes(url, options),
    preauthorised: async (method, url, options) => {
      check(method, '');
      return port.preauthorised(method, url, options);
    },
  };
}
