/** Mail where none is set up: the operator of a local stack finds the links in the log; anywhere else they are not written down. */
import type { Logger } from '@migrator/service-kit/logger';
import type { Mailer } from './mailer.js';

/** For the local stack only: one line with the link. */
export const createLogMailer = (logger: Logger): Mailer => ({
  send: ({ kind, link }) => {
    logger.info({ link }, `${kind} link`);
    return Promise.resolve();
  },
});

/** Says that a message was due, without the link. */
export const createNoMailer = (logger: Logger): Mailer => ({
  send: ({ kind }) => {
    logger.warn({ kind }, 'mail is not set up (SMTP_URL), so a link was not sent');
    return Promise.resolve();
  },
});
