/** Mail by SMTP. */
import type { Secret } from '@migrator/service-kit/config';
import { createTransport } from 'nodemailer';
import type { Mailer } from './mailer.js';
import { messageText } from './message-text.js';

/** `url`: smtp(s)://user:password@host:port; `from`: the address that mail comes from. */
export function createSmtpMailer({ url, from }: { url: Secret; from: string }): Mailer {
  const transport = createTransport({ url: url.reveal(), connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, disableFileAccess: true, disableUrlAccess: true });
  return {
    send: async (message) => {
      await transport.sendMail({ from, to: message.to, ...messageText(message), headers: { 'Auto-Submitted': 'auto-generated' } });
    },
  };
}
