// Refusals of OpenStack in all their shapes, and quotas known by their words.
import { describe, expect, it } from 'vitest';
import { ClientError } from '../../../src/clients/http/error.ts';
import { apiErrorOf, explainApiError, namesQuota, withQuota } from '../../../src/clients/openstack/errors.ts';
import { iniSection } from '../../../src/clients/openstack/ini.ts';

const answer = (status: number, body: unknown) => ({
  status,
  headers: {},
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('an error', () => {
  it.each([
    ['of Keystone', { error: { code: 401, title: 'Unauthorized', message: 'log in' } }, 'Unauthorized: log in'],
    [
      'of Magnum',
      { errors: [{ status: 404, code: 'client', title: 'gone', detail: 'Cluster x is gone' }] },
      'gone: Cluster x is gone',
    ],
    ['of Nova', { forbidden: { code: 403, message: 'Quota exceeded for cores' } }, 'Quota exceeded for cores'],
    ['that says it twice', { errors: [{ title: 'same', detail: 'same' }] }, 'same'],
    ['without words', { errors: [] }, null],
    ['that is a page', '<html>', null],
    ['that is null', 'null', null],
  ])('%s is read', (_name, body, told) => expect(explainApiError(answer(400, body))).toBe(told));

  it('keeps its parts', () =>
    expect(apiErrorOf(answer(409, { errors: [{ code: 'c', title: 't', detail: 'd' }] }))).toEqual({
      code: 'c',
      title: 't',
      detail: 'd',
    }));
});

describe('a quota', () => {
  it.each([400, 403, 409, 413, 500])('is recognised behind a %i', (status) => {
    const response = answer(status, {
      errors: [{ title: 'Resource limit', detail: 'Quota exceeded for instances: Requested 1' }],
    });
    const error = new ClientError({ code: 'BadRequest', source: 'Magnum', message: 'Magnum: refused', response });
    expect(withQuota(error)).toMatchObject({ code: 'QuotaExceeded', retryable: false, status, source: 'Magnum' });
  });

  it.each([
    ['Quota exceeded for cores, ram', true],
    ['OverQuotaClient: …', true],
    ['No valid host was found', false],
    [null, false],
  ])('%s: %s', (text, named) => expect(namesQuota(text)).toBe(named));
});

describe('the INI dialect', () => {
  it('knows sections, quotes, escapes, comments and bare keys', () => {
    const text =
      '; top\n[Other]\na=0\n[global]\r\na = "x # \\"y\\""\nb=plain ; rest\nc\n# no\n[LoadBalancer "x"]\na=9\n';
    expect([...(iniSection(text, 'Global') ?? [])]).toEqual([
      ['a', 'x # "y"'],
      ['b', 'plain'],
      ['c', 'true'],
    ]);
    expect(iniSection(text, 'Nothing')).toBeNull();
  });
});
