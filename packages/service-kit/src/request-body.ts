/** Reading a request's body: size, type and shape are checked before anything is built of it. */
import { AppError } from '@migrator/contracts/errors';
import express, { type Request, type Response } from 'express';
import { depthMax, faultOfJson, type JsonFault } from './json-shape.js';

export interface BodyRule {
  bytesMax: number;
  /** Text of this type instead of JSON. */
  textType?: string | undefined;
}

/** body-parser keeps the `type` of what `verify` throws. */
const faulty = 'json.faulty';

type Parser = (request: Request, response: Response, next: (error?: unknown) => void) => void;
const parsers = new Map<string, Parser>();

/** The refusal of a body that has a fault. */
export const faultyJson = (fault: JsonFault): AppError =>
  fault === 'nested too deep'
    ? new AppError('VALIDATION_ERROR', { publicMessage: `The body is nested deeper than ${depthMax} levels.`, errors: [{ path: '', message: `must not be nested deeper than ${depthMax} levels` }] })
    : new AppError('INVALID_JSON', { publicMessage: fault === 'duplicate key' ? 'A key comes twice in one object of the body.' : 'The body is not UTF-8.' });

/** Carries its fault through body-parser. */
class FaultyJson extends Error {
  readonly type = faulty;
  constructor(readonly fault: JsonFault) {
    super(fault);
  }
}

function refuseFaulty(_request: unknown, _response: unknown, bytes: Buffer): void {
  const fault = faultOfJson(bytes);
  if (fault !== null) throw new FaultyJson(fault);
}

function parserFor({ bytesMax, textType }: BodyRule): Parser {
  const name = `${bytesMax} ${textType ?? 'json'}`;
  let parser = parsers.get(name);
  if (parser === undefined) {
    parser = textType === undefined ? express.json({ limit: bytesMax, strict: false, type: () => true, verify: refuseFaulty }) : express.text({ limit: bytesMax, type: () => true, defaultCharset: 'utf-8' });
    parsers.set(name, parser);
  }
  return parser;
}

/** The parsed body, `undefined` when there is none. INVALID_JSON, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE or VALIDATION_ERROR. */
export async function readBody(request: Request, response: Response, rule: BodyRule): Promise<unknown> {
  if (request.method === 'GET') return undefined;
  const empty = request.headers['transfer-encoding'] === undefined && (request.headers['content-length'] ?? '0') === '0';
  if (empty) return undefined;
  const type = rule.textType ?? 'application/json';
  // false: another type; null: none was named at all, which Express treats like a body that is not there.
  if (request.is(type) !== type) throw new AppError('UNSUPPORTED_MEDIA_TYPE', { publicMessage: rule.textType === undefined ? 'Send JSON with Content-Type: application/json.' : `Send Content-Type: ${type}.` });
  await new Promise<void>((resolve, reject) => {
    parserFor(rule)(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(bodyError(error, rule));
    });
  });
  return request.body as unknown;
}

function bodyError(error: unknown, { bytesMax }: BodyRule): AppError {
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
  if (type === faulty && typeof error === 'object' && error !== null && 'fault' in error) return faultyJson(error.fault as JsonFault);
  if (type === 'entity.too.large') return new AppError('PAYLOAD_TOO_LARGE', { publicMessage: `The body is larger than ${bytesMax} bytes.`, cause: error });
  if (type === 'charset.unsupported' || type === 'encoding.unsupported') return new AppError('UNSUPPORTED_MEDIA_TYPE', { publicMessage: 'Send the body in UTF-8, uncompressed or with gzip, deflate or br.', cause: error });
  return new AppError('INVALID_JSON', { publicMessage: 'The body is not valid JSON.', cause: error });
}
