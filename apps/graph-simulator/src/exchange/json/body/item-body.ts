import type { ItemContent } from '../../store/item.js';
import type { Call } from '../core/call.js';
import type { ItemBodyInput } from '../input/outlook-schemas.js';
import { htmlToText, previewOf, textToHtml } from './html-text.js';

type Body = ItemContent['body'];

export const textOf = (body: Body): string => (body.contentType === 'html' ? htmlToText(body.content) : body.content);

/** The body in the form the caller prefers; without a preference as it was written. */
export function bodyJson(body: Body, call: Call): { contentType: 'text' | 'html'; content: string } {
  const wanted = call.prefer.bodyType ?? body.contentType;
  if (wanted === body.contentType) return { contentType: body.contentType, content: body.content };
  return wanted === 'text' ? { contentType: 'text', content: htmlToText(body.content) } : { contentType: 'html', content: textToHtml(body.content) };
}

export const bodyPreview = (body: Body): string => previewOf(textOf(body));

/** A body from a request; an absent type is text. */
export const bodyFrom = (input: ItemBodyInput | null): Body => ({ contentType: input?.contentType ?? 'text', content: input?.content ?? '' });
