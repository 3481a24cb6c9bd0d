// Aliyun, Tencent and Twilio on ports of their own: they verify what is signed, answer as the vendors do, and fail as told.
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { aliyunAcs3, aliyunRpc, tencentTc3 } from './vendor-signatures.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** hang: the connection stays and nothing comes; hangUp: it is cut */
export type Scripted = Answer | Promise<Answer> | 'hang' | 'hangUp';

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface FakeVendor {
  readonly url: string;
  /** what was taken: the business parameters */
  readonly taken: Record<string, unknown>[];
  readonly asked: Asked[];
  /** answers to come, first in first out; then what the vendor would say */
  readonly script: Scripted[];
  close(): Promise<void>;
}

export async function startVendor(
  answer: (asked: Asked, taken: Record<string, unknown>[]) => Answer,
): Promise<FakeVendor> {
  const taken: Record<string, unknown>[] = [];
  const asked: Asked[] = [];
  const script: Scripted[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    const answering = async (): Promise<void> => {
      const { method = '', headers } = request;
      const url = new URL(request.url ?? '/', `http://${headers.host ?? ''}`);
      const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      asked.push(one);
      const next = await (script.shift() ?? answer(one, taken));
      if (next === 'hang') return;
      if (next === 'hangUp') {
        request.socket.destroy();
        return;
      }
      response.writeHead(next.status, { 'content-type': 'application/json', ...next.headers });
      response.end(typeof next.body === 'string' ? next.body : JSON.stringify(next.body));
    };
    request.on('end', () => void answering());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    taken,
    asked,
    script,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const json = (status: number, body: unknown): Answer => ({ status, body });
const formOf = (text: string): Record<string, string> => Object.fromEntries(new URLSearchParams(text));
const header = (headers: IncomingHttpHeaders, name: string): string => String(headers[name] ?? '');

const mustBeSigned = ['host', 'x-acs-action', 'x-acs-content-sha256', 'x-acs-date', 'x-acs-version'];

/** Takes both signatures, parameters in the query or in a form. */
export const startAliyun = (secret: string, keyId = 'testId'): Promise<FakeVendor> =>
  startVendor(({ method, url, headers, body }, taken) => {
    const query = Object.fromEntries(url.searchParams);
    const parameters = { ...query, ...formOf(body) };
    const refused = (Code: string): Answer =>
      json(400, { RequestId: 'r', HostId: url.host, Code, Message: 'Specified signature is not matched.' });
    const authorization = header(headers, 'authorization');
    if (authorization === '') {
      const { Signature: signature, ...signed } = parameters;
      if (signed['AccessKeyId'] !== keyId) return refused('InvalidAccessKeyId.NotFound');
      if (signature !== aliyunRpc(method, signed, secret)) return refused('SignatureDoesNotMatch');
    } else {
      const [, key, names = '', signature] =
        /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=(\w+)$/.exec(authorization) ?? [];
      if (key !== keyId) return refused('InvalidAccessKeyId.NotFound');
      const signed = names.split(';');
      const texts = Object.fromEntries(signed.map((name) => [name, header(headers, name)]));
      const request = { method, path: url.pathname, query, headers: texts, signed, body };
      if (!mustBeSigned.every((name) => signed.includes(name))) return refused('IncompleteSignature');
      if (signature !== aliyunAcs3(request, secret)) return refused('SignatureDoesNotMatch');
    }
    const illegal = /(?:https?:|\d+\.\d+\.\d+\.\d+)/.test(parameters['TemplateParam'] ?? '');
    if (illegal) return json(200, { Code: 'isv.TEMPLATE_PARAMS_ILLEGAL', Message: '参数不合法', RequestId: 'r' });
    taken.push(parameters);
    return json(200, { Code: 'OK', Message: 'OK', BizId: `biz-${taken.length}^0`, RequestId: 'r' });
  });

/** Takes scope and signed headers from the Authorization header. */
export const startTencent = (secretKey: string): Promise<FakeVendor> =>
  startVendor(({ headers, body }, taken) => {
    const refused = (Code: string): Answer =>
      json(200, { Response: { Error: { Code, Message: 'refused' }, RequestId: 'r' } });
    const [, service = '', names = '', signature] =
      /^TC3-HMAC-SHA256 Credential=[^/]+\/[\d-]+\/(\w+)\/tc3_request, SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
        header(headers, 'authorization'),
      ) ?? [];
    const signedHeaders = names.split(';');
    const timestamp = Number(header(headers, 'x-tc-timestamp'));
    const texts = Object.fromEntries(signedHeaders.map((name) => [name, header(headers, name)]));
    const expected = tencentTc3({ headers: texts, signed: signedHeaders, body }, { secretKey, timestamp, service });
    if (!['content-type', 'host'].every((name) => signedHeaders.includes(name)) || signature !== expected)
      return refused('AuthFailure.SignatureFailure');
    const parameters = JSON.parse(body) as Record<string, unknown>;
    taken.push(parameters);
    const numbers = parameters['PhoneNumberSet'] as string[];
    return json(200, {
      Response: {
        SendStatusSet: numbers.map((PhoneNumber) => ({
          SerialNo: `5000:${taken.length}`,
          PhoneNumber,
          Fee: 1,
          SessionContext: parameters['SessionContext'],
          Code: 'Ok',
          Message: 'send success',
          IsoCode: 'CN',
        })),
        RequestId: 'r',
      },
    });
  });

export const startTwilio = (account: string, token: string): Promise<FakeVendor> =>
  startVendor(({ url, headers, body }, taken) => {
    const expected = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
    if (header(headers, 'authorization') !== expected)
      return json(401, {
        code: 20003,
        message: 'Authenticate',
        more_info: 'https://www.twilio.com/docs/errors/20003',
        status: 401,
      });
    if (url.pathname !== `/2010-04-01/Accounts/${account}/Messages.json`)
      return json(404, { code: 20404, message: 'not found', status: 404 });
    const form = formOf(body);
    if (!/^\+\d+$/.test(form['To'] ?? ''))
      return json(400, {
        code: 21211,
        message: `The 'To' number ${form['To'] ?? ''} is not a valid phone number.`,
        status: 400,
      });
    taken.push(form);
    return json(201, {
      sid: `SM${String(taken.length).padStart(32, '0')}`,
      status: 'queued',
      error_code: null,
      to: form['To'],
    });
  });
