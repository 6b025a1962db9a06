/** The port for mail: two kinds of message, each with one link. */
export interface LinkMessage {
  to: string;
  kind: 'password reset' | 'invitation';
  /** Secret: whoever has it may act. */
  link: string;
  organisationName: string;
  expiresAt: Date;
}

export interface Mailer {
  /** Rejects when the message could not be handed over. */
  send(message: LinkMessage): Promise<void>;
}
