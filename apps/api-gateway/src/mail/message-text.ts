/** What the messages say. Plain text: nothing to render, nothing to track. */
import type { LinkMessage } from './mailer.js';

export function messageText({ kind, link, organisationName, expiresAt }: LinkMessage): { subject: string; text: string } {
  const until = `${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  if (kind === 'invitation')
    return {
      subject: `You are invited to ${organisationName} on The Migrator`,
      text: `You are invited to join ${organisationName} on The Migrator.\n\nAccept here, until ${until}:\n${link}\n\nIf you do not know why you got this, leave it be: nothing happens without you.\n`,
    };
  return {
    subject: 'Set a new password for The Migrator',
    text: `Somebody asked for a new password for this address on The Migrator (${organisationName}).\n\nSet one here, until ${until}:\n${link}\n\nIf it was not you, leave it be: your password stays as it is.\n`,
  };
}
