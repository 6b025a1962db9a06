import { createServer, type AddressInfo, type Server } from 'node:net';
import { Secret } from '@migrator/service-kit/config';
import { pino } from 'pino';
import type { LinkMessage } from './mailer.js';
import { createOutgoing } from './outgoing.js';
import { createSmtpMailer } from './smtp-mailer.js';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** A mail server that keeps what it gets, or refuses every recipient. */
async function mailServer(refuse = false): Promise<{ url: string; said: string[] }> {
  const said: string[] = [];
  const server = createServer((socket) => {
    let data = false;
    let rest = '';
    socket.write('220 mail.test ESMTP\r\n');
    socket.on('data', (chunk) => {
      const lines = `${rest}${chunk.toString()}`.split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        said.push(line);
        if (data) {
          if (line !== '.') continue;
          data = false;
          socket.write('250 kept\r\n');
        } else if (line.startsWith('RCPT') && refuse) socket.write(`550 no such mailbox: ${line.slice(8)}\r\n`);
        else if (line === 'DATA') {
          data = true;
          socket.write('354 go on\r\n');
        } else if (line === 'QUIT') socket.end('221 bye\r\n');
        else socket.write('250 fine\r\n');
      }
    });
    socket.on('error', () => socket.destroy());
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, said };
}

const message: LinkMessage = { to: 'grace@contoso.test', kind: 'invitation', link: 'https://migrator.test/invitations#QmFzZTY0dXJsIG9mIDMyIGJ5dGVz', organisationName: 'Contoso IT', expiresAt: new Date('2026-01-08T12:00:00Z') };

test('a message reaches the mail server with its link whole', async () => {
  const { url, said } = await mailServer();
  await createSmtpMailer({ url: new Secret(url), from: 'The Migrator <migrator@contoso.test>' }).send(message);
  expect(said).toContain('MAIL FROM:<migrator@contoso.test>');
  expect(said).toContain('RCPT TO:<grace@contoso.test>');
  expect(said).toContain('Subject: You are invited to Contoso IT on The Migrator');
  // Quoted-printable, as RFC 2045 has it.
  const text = said.slice(said.indexOf('') + 1).join('\n').replaceAll('=\n', '').replaceAll('=3D', '=');
  expect(text).toContain(`\n${message.link}\n`);
});

test('a name cannot add a recipient or a header', async () => {
  const { url, said } = await mailServer();
  await createSmtpMailer({ url: new Secret(url), from: 'migrator@contoso.test' }).send({ ...message, organisationName: 'X\r\nBcc: eve@evil.test' });
  expect(said.filter((line) => line.startsWith('RCPT'))).toHaveLength(1);
  expect(said.slice(0, said.indexOf('')).filter((line) => /^bcc:/i.test(line))).toEqual([]);
});

test('a message that is refused is said in the log, without address and link, and fails nobody', async () => {
  const { url } = await mailServer(true);
  const lines: string[] = [];
  const outgoing = createOutgoing(createSmtpMailer({ url: new Secret(url), from: 'migrator@contoso.test' }), pino({}, { write: (line: string) => void lines.push(line) }));
  outgoing.post(message);
  await outgoing.settled();
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 50, kind: 'invitation', code: 'EENVELOPE', msg: 'a message could not be sent' });
  expect(lines[0]).not.toContain('grace');
  expect(lines[0]).not.toContain('#');
});
