// A true Exim for the length of a test file: STARTTLS on one port, TLS from the start on another, logins, known recipients.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePortBlock } from './ports.ts';
import { serverDirectory, startServer, type RealServer } from './process.ts';

export interface MailOptions {
  readonly recipients: readonly string[];
  readonly logins: Readonly<Record<string, string>>;
}

export interface RealMailServer extends RealServer {
  readonly startTlsPort: number;
  readonly tlsPort: number;
  /** asks for a login before it takes anything */
  readonly loginPort: number;
  readonly caFile: string;
  /** what was delivered; Envelope-to names the recipients */
  mails(): readonly string[];
}

function configuration(
  directory: string,
  first: number,
  recipients: readonly string[],
  logins: MailOptions['logins'],
): string {
  const known = Object.entries(logins).map(
    ([user, password]) => `{and{{eq{$auth2}{${user}}}{eq{$auth3}{${password}}}}}`,
  );
  return `
primary_hostname = localhost
spool_directory = ${directory}/spool
log_file_path = ${directory}/exim-%s.log
pid_file_path = ${directory}/exim.pid
exim_user = Debian-exim
exim_group = Debian-exim
daemon_smtp_ports = ${first} : ${first + 1} : ${first + 2}
local_interfaces = 127.0.0.1
tls_on_connect_ports = ${first + 1}
tls_advertise_hosts = *
tls_certificate = ${directory}/cert.pem
tls_privatekey = ${directory}/key.pem
host_lookup =
rfc1413_hosts =
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  deny message = log in first
       condition = \${if eq{$received_port}{${first + 2}}}
       !authenticated = *
  deny message = no such user
       recipients = ! ${recipients.join(' : ! ')}
  accept
begin routers
keep:
  driver = accept
  transport = keep
begin transports
keep:
  driver = appendfile
  directory = ${directory}/mails
  maildir_format
  envelope_to_add
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if or{${known.join('')}}}
  server_advertise_condition = \${if eq{$received_port}{${first + 2}}}
`;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(String(data).startsWith('220'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

export async function startMail({ recipients, logins }: MailOptions): Promise<RealMailServer> {
  const directory = serverDirectory('mail');
  const first = await freePortBlock(3);
  const place = (name: string): string => join(directory, name);
  const certificate =
    'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
  const files = ['-keyout', place('key.pem'), '-out', place('cert.pem')];
  execFileSync('/usr/bin/openssl', [...certificate.split(' '), ...files], { stdio: 'ignore' });
  // it gives up root's rights for those of its own user
  const owner = Number(execFileSync('/usr/bin/id', ['-u', 'Debian-exim'], { encoding: 'utf8' }));
  for (const name of ['spool', 'mails']) mkdirSync(place(name));
  for (const name of ['.', 'spool', 'mails', 'key.pem']) chownSync(place(name), owner, owner);
  writeFileSync(place('exim.conf'), configuration(directory, first, recipients, logins));
  chmodSync(place('exim.conf'), 0o644);
  const server = await startServer({
    name: 'exim',
    directory,
    mode: 'run',
    command: ['/usr/sbin/exim4', '-C', place('exim.conf'), '-bdf', '-q1s'],
    healthy: () => answers(first),
  });
  return {
    ...server,
    startTlsPort: first,
    tlsPort: first + 1,
    loginPort: first + 2,
    caFile: place('cert.pem'),
    mails: () =>
      (existsSync(place('mails/new')) ? readdirSync(place('mails/new')) : []).map((name) =>
        readFileSync(join(place('mails'), 'new', name), 'utf8'),
      ),
  };
}
