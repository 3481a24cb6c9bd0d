// Which requests go through a proxy: the table of Go's own rules.
import { describe, expect, it } from 'vitest';
import { chooseProxy } from '../../src/alerts/channels/proxy-choice.ts';

const proxy = 'http://proxy.bank.cn:3128';

describe('no_proxy', () => {
  it.each([
    ['', 'http://localhost/', true],
    ['far.cn', 'http://localhost/', false],
    ['far.cn', 'http://127.0.0.9/', false],
    ['far.cn', 'http://[::1]/', false],
    ['far.cn', 'https://hooks.bank.cn/', true],
    ['bank.cn', 'https://bank.cn/', false],
    ['bank.cn', 'https://hooks.bank.cn/', false],
    ['bank.cn', 'https://riverbank.cn/', true],
    ['.bank.cn', 'https://bank.cn/', true],
    ['.bank.cn', 'https://hooks.bank.cn/', false],
    ['*.bank.cn', 'https://hooks.bank.cn/', false],
    ['*.bank.cn', 'https://bank.cn/', true],
    ['a.cn, HOOKS.bank.cn ,', 'https://hooks.bank.cn/', false],
    ['bank.cn', 'https://hooks.bank.cn./', false],
    ['*', 'https://hooks.bank.cn/', false],
    ['bank.cn:8443', 'https://bank.cn/', true],
    ['bank.cn:8443', 'https://bank.cn:8443/', false],
    ['bank.cn:443', 'https://bank.cn/', false],
    ['bank.cn:80', 'http://bank.cn/', false],
    ['银行.cn', 'https://hooks.银行.cn/', false],
    ['10.0.0.0/8', 'http://10.20.30.40/', false],
    ['10.0.0.0/8', 'http://11.20.30.40/', true],
    ['10.0.0.0/8', 'http://10.bank.cn/', true],
    ['10.0.0.0/64', 'http://10.20.30.40/', true],
    ['10.1.2.3', 'http://10.1.2.3/', false],
    ['10.1.2.3', 'http://10.1.2.30/', true],
    ['10.1.2.3:80', 'http://10.1.2.3:81/', true],
    ['fd00::/8', 'http://[fd12::1]/', false],
    ['fd00::/8', 'http://[fe80::1]/', true],
    ['fd12::1', 'http://[fd12:0::1]/', false],
    ['[fd12::1]:80', 'http://[fd12::1]/', false],
    ['[fd12::1]:81', 'http://[fd12::1]/', true],
  ])('"%s": whether %s goes through the proxy is %s', (list, address, through) => {
    const chosen = through ? proxy : null;
    expect(chooseProxy(new URL(address), { proxy_url: proxy, no_proxy: list }, {})).toBe(chosen);
    if (list !== '')
      expect(
        chooseProxy(
          new URL(address),
          { proxy_from_environment: true },
          { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: list },
        ),
      ).toBe(chosen);
  });
});

describe('the environment', () => {
  const chosen = (address: string, environment: Readonly<Record<string, string>>, asked = true): string | null =>
    chooseProxy(new URL(address), { proxy_from_environment: asked }, environment);
  it.each([
    ['http://far.cn/', { HTTP_PROXY: 'http://a:1', http_proxy: 'http://b:1' }, 'http://a:1'],
    ['http://far.cn/', { http_proxy: 'http://b:1', HTTPS_PROXY: 'http://c:1' }, 'http://b:1'],
    ['https://far.cn/', { HTTP_PROXY: 'http://a:1' }, null],
    ['https://far.cn/', { https_proxy: 'c:1' }, 'http://c:1'],
    ['https://far.cn/', { https_proxy: 'http://c:1', no_proxy: 'far.cn' }, null],
    ['http://far.cn/', { HTTP_PROXY: 'socks5://a:1' }, 'socks5://a:1'],
    ['https://far.cn/', { https_proxy: 'SOCKS5H://a' }, 'SOCKS5H://a'],
    ['http://far.cn/', { ALL_PROXY: 'http://a:1' }, null],
    ['http://localhost/', { HTTP_PROXY: 'http://a:1' }, null],
    ['http://far.cn/', {}, null],
  ])('%s with %j goes through %s', (address, environment, through) => {
    expect(chosen(address, environment)).toBe(through);
    expect(chosen(address, environment, false)).toBeNull();
  });
  it('that names what is no proxy of ours is said, and not quoted', () => {
    const wrong = (): string | null => chosen('http://far.cn/', { HTTP_PROXY: 'socks4://me:s3cret@a:1' });
    expect(wrong).toThrow(/^HTTP_PROXY in the environment is no address/);
    expect(wrong).not.toThrow(/s3cret/);
  });
});
