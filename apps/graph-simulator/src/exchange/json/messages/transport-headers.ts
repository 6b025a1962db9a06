import type { Address, ItemContent } from '../../store/item.js';
import { headerValue, mailbox } from '../mime/mime-writer.js';

/** PidTagTransportMessageHeaders: what the message travelled with; custom headers of a message created through JSON are kept there too. */
export const customHeadersId = 'String 0x7d';

const addresses = (list: readonly Address[]): string => list.map(({ name, address }) => mailbox(name, address)).join(',\r\n ');

/** The RFC 5322 header of a message, in order; generated, as Exchange does, with what else it travelled with behind. */
export function headerLines(content: ItemContent): (readonly [name: string, value: string])[] {
  const lines: (readonly [string, string])[] = [];
  const add = (name: string, value: string | null): void => { if (value !== null && value !== '') lines.push([name, value]); };
  add('From', content.from === null ? null : mailbox(content.from.name, content.from.address));
  if (content.sender !== null && content.sender.address !== content.from?.address) add('Sender', mailbox(content.sender.name, content.sender.address));
  add('To', addresses(content.to));
  add('CC', addresses(content.cc));
  add('BCC', addresses(content.bcc));
  add('Reply-To', addresses(content.replyTo));
  add('Subject', headerValue(content.subject));
  add('Thread-Topic', content.conversationTopic === null ? null : headerValue(content.conversationTopic));
  add('Thread-Index', content.conversationIndex);
  add('Date', content.sentAt === null ? null : new Date(content.sentAt).toUTCString().replace('GMT', '+0000'));
  add('Message-ID', content.internetMessageId);
  add('In-Reply-To', content.inReplyTo);
  add('References', content.references);
  add('Importance', content.importance === 'normal' ? null : content.importance);
  const made = new Set(lines.map(([name]) => name.toLowerCase()));
  for (const line of (content.properties[customHeadersId] ?? '').split('\r\n')) {
    const match = /^([\w-]+): (.*)$/.exec(line);
    if (match?.[1] !== undefined && !made.has(match[1].toLowerCase()) && !/^(mime-version|content-)/i.test(match[1])) add(match[1], match[2] ?? '');
  }
  return lines;
}

/** `internetMessageHeaders`: only a message that has been transported has them. */
export function transportHeaders(content: ItemContent): { name: string; value: string }[] {
  return headerLines(content).map(([name, value]) => ({ name, value: value.replace(/\r\n /g, ' ') }));
}
