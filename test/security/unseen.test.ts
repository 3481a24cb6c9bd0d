// Secrets within the configuration and within what others answer: told where they are, never what they are.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forgetting, secretsOfAddress, withoutTold } from '../../src/clients/http/forget.ts';
import { unseenLine, unseenMessage } from '../../src/config/unseen.ts';

describe('a line of a configuration file', () => {
  it.each([
    ['  smtp_auth_password: hunter2', '  smtp_auth_password: *******'],
    ['  auth_password: "hunter 2" # mine', '  auth_password: "****** *" # mine'],
    [
      'basic_auth: { username: u, password: hunter2, password_file: /a }',
      'basic_auth: { username: u, password: *******, password_file: /a }',
    ],
    ["- token: 'hunter2'", "- token: '*******'"],
    ['authorization: { credentials: hunter2 }', 'authorization: { credentials: ******* }'],
    ['X-Api-Key: hunter2', 'X-Api-Key: *******'],
    [
      'http_headers: { X-K: { secrets: [hunter2, hunter3] } }',
      'http_headers: { X-K: { secrets: [*******, *******] } }',
    ],
    ['url: https://u:hunter2@example.com/a', 'url: https://*********@example.com/a'],
    ['accessKeySecret: { file: /secrets/key }', 'accessKeySecret: { file: /secrets/key }'],
    ['bearer: {env: TOKEN}', 'bearer: {env: TOKEN}'],
    ['  replicas: { min: 2, max: 40 }', '  replicas: { min: 2, max: 40 }'],
  ])('%s', (line, shown) => {
    expect(unseenLine(line)).toBe(shown);
  });

  it('stays as long as it was, whatever it says', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (line) => {
        expect(unseenLine(line)).toHaveLength(line.length);
      }),
    );
  });

  it('is not shown at all where no person could read it', () => {
    expect(unseenLine(`password: ${'a'.repeat(1_000_000)}`)).toBe('');
  });
});

it.each([
  ['"token" is the text "hunter2"', ['http', 'token'], 'hunter2', '"token" is the text "***"'],
  ['"role" is the text "hunter2"', ['http', 'role'], 'hunter2', '"role" is the text "hunter2"'],
  ['the address https://u:hunter2@host is none', ['url'], 'x', 'the address https://*********@host is none'],
] as const)('%s', (message, path, value, shown) => {
  expect(unseenMessage(message, path, value)).toBe(shown);
});

describe('what the other side says', () => {
  const secret = fc.string({ minLength: 8, maxLength: 40 }).filter((text) => !/[[\]]/.test(text));

  it('does not repeat a secret, as it is, as JSON or an address writes it, or within base64', () => {
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (told, before, after) => {
        const shapes = [told, JSON.stringify(told), encodeURIComponent(told)];
        for (const shape of shapes) expect(withoutTold(`${before} ${shape} ${after}`, [told])).not.toContain(shape);
      }),
    );
    for (const before of ['', 'u:', 'user:', 'someone:']) {
      const encoded = Buffer.from(`${before}hunter2-long:z`).toString('base64');
      expect(withoutTold(`you said ${encoded}!`, ['hunter2-long'])).toBe('you said [hidden]!');
    }
  });

  it('does not repeat headers but for those that say nothing, nor the password of the address', () => {
    const forget = forgetting({
      url: new URL('http://wei:p%40ssword@host/path'),
      headers: {
        authorization: `Basic ${Buffer.from('u:hunter2').toString('base64')}`,
        'x-key': 'k-1234',
        accept: 'a/b',
      },
      secrets: ['extra-1'],
    });
    expect(forget('p@ssword hunter2 k-1234 extra-1 a/b wei1')).toBe('[hidden] [hidden] [hidden] [hidden] a/b wei1');
  });

  it('does not repeat the path of an address that is a secret', () => {
    const told = secretsOfAddress('https://chat.example.com/hooks/T00/abcdefghij?key=0123456789');
    expect(withoutTold('no such hook /hooks/T00/abcdefghij?key=0123456789', told)).toBe('no such hook [hidden]');
    expect(withoutTold('unknown key 0123456789 of abcdefghij', told)).toBe('unknown key [hidden] of [hidden]');
  });
});
