// Signatures, byte for byte as the vendors publish them.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  acs3CanonicalRequest,
  acs3HashedRequest,
  acs3Signature,
  signedAcs3,
} from '../../../src/alerts/channels/sms/sign-acs3.ts';
import { rpcSignature, rpcStringToSign, signedRpc } from '../../../src/alerts/channels/sms/sign-aliyun-rpc.ts';
import {
  signedTc3,
  tc3HashedPayload,
  tc3HashedRequest,
  tc3Signature,
} from '../../../src/alerts/channels/sms/sign-tc3.ts';
import { twilioSignature } from '../../../src/alerts/channels/sms/twilio-signature.ts';
import type { Instant } from '../../../src/model/units.ts';
import { aliyunAcs3, aliyunRpc, tencentTc3, twilioCallback } from './vendor-signatures.ts';

interface Texts {
  readonly [name: string]: string;
}
interface Vectors {
  readonly aliyun: {
    readonly rpc_hmac_sha1: {
      readonly vectors: readonly {
        readonly name: string;
        readonly method: string;
        readonly params: Texts;
        readonly secret: string;
        readonly string_to_sign?: string;
        readonly signature: string;
      }[];
    };
    readonly acs3_hmac_sha256: {
      readonly vectors: readonly {
        readonly name: string;
        readonly method: string;
        readonly query?: Texts;
        readonly url?: string;
        readonly headers: Texts;
        readonly body: string;
        readonly secret: string;
        readonly canonical_request?: string;
        readonly hashed_canonical_request?: string;
        readonly signature: string;
      }[];
    };
  };
  readonly tencent: {
    readonly tc3: {
      readonly vectors: readonly {
        readonly name: string;
        readonly secret_key: string;
        readonly timestamp: number;
        readonly service: string;
        readonly signed_headers: readonly string[];
        readonly headers: Texts;
        readonly body: string;
        readonly hashed_payload: string;
        readonly hashed_canonical_request: string;
        readonly signature: string;
      }[];
    };
  };
  readonly twilio: {
    readonly receipt_push: {
      readonly vectors: readonly {
        readonly auth_token: string;
        readonly url: string;
        readonly params: Texts;
        readonly signature: string;
      }[];
    };
  };
}

const file = new URL('../../vectors/alertmanager/sms_providers.json', import.meta.url);
const { aliyun, tencent, twilio } = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

describe('Aliyun RPC', () => {
  it.each(aliyun.rpc_hmac_sha1.vectors)('$name', ({ method, params, secret, string_to_sign: text, signature }) => {
    if (text !== undefined) expect(rpcStringToSign(method, params)).toBe(text);
    expect(rpcSignature(method, params, secret)).toBe(signature);
  });

  it('signs what is sent', () => {
    const call = { accessKeyId: 'testId', accessKeySecret: 'testSecret', action: 'SendSms', version: '2017-05-25' };
    const sent = signedRpc('POST', { PhoneNumbers: '1' }, { ...call, now: 0 as Instant, nonce: 'n' });
    const { Signature: signature, ...rest } = sent;
    expect(rest).toMatchObject({ Timestamp: '1970-01-01T00:00:00Z', SignatureNonce: 'n', Format: 'JSON' });
    expect(signature).toBe(rpcSignature('POST', rest, 'testSecret'));
  });
});

describe('Aliyun ACS3', () => {
  it.each(aliyun.acs3_hmac_sha256.vectors)('$name', (vector) => {
    const { method, headers, body, secret, signature } = vector;
    const query = vector.query ?? Object.fromEntries(new URL(vector.url ?? '/', 'http://host').searchParams);
    const request = { method, path: '/', query, headers, body };
    if (vector.canonical_request !== undefined) expect(acs3CanonicalRequest(request)).toBe(vector.canonical_request);
    if (vector.hashed_canonical_request !== undefined)
      expect(acs3HashedRequest(request)).toBe(vector.hashed_canonical_request);
    expect(acs3Signature(request, secret)).toBe(signature);
  });

  it('makes the headers of a call', () => {
    const query = {
      PhoneNumbers: '15300000001',
      SignName: '阿里云短信测试专用',
      TemplateCode: 'SMS_71390007',
      TemplateParam: '{"customer":"test"}',
    };
    const headers = signedAcs3(query, {
      accessKeyId: 'YourAccessKeyId',
      accessKeySecret: 'YourAccessKeySecret',
      host: 'dysmsapi.aliyuncs.com',
      action: 'SendSms',
      version: '2017-05-25',
      now: Date.parse('2023-10-26T10:22:32Z') as Instant,
      nonce: '3156853299f313e23d1673dc12e1703d',
    });
    const computed = aliyun.acs3_hmac_sha256.vectors.find(({ name }) => name === 'SendSms');
    expect(headers['authorization']).toBe(
      `ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=${computed?.signature ?? ''}`,
    );
  });
});

describe('Tencent TC3', () => {
  it.each(tencent.tc3.vectors)('$name', (vector) => {
    const { headers, body, signed_headers: signedHeaders, secret_key: secretKey, timestamp, service } = vector;
    const request = { headers, signedHeaders, body };
    expect(tc3HashedPayload(body)).toBe(vector.hashed_payload);
    expect(tc3HashedRequest(request)).toBe(vector.hashed_canonical_request);
    expect(tc3Signature(request, { secretKey, timestamp, service })).toBe(vector.signature);
  });

  it('makes the headers of a call', () => {
    const vector = tencent.tc3.vectors.find(({ name }) => name === 'SendSms');
    const headers = signedTc3(vector?.body ?? '', {
      secretId: 'AKID',
      secretKey: vector?.secret_key ?? '',
      host: 'sms.tencentcloudapi.com',
      action: 'SendSms',
      version: '2021-01-11',
      region: 'ap-guangzhou',
      now: 1551113065_900 as Instant,
    });
    expect(headers).toMatchObject({ 'x-tc-timestamp': '1551113065', 'x-tc-version': '2021-01-11' });
    expect(headers['authorization']).toBe(
      `TC3-HMAC-SHA256 Credential=AKID/2019-02-25/sms/tc3_request, SignedHeaders=content-type;host;x-tc-action, Signature=${vector?.signature ?? ''}`,
    );
  });
});

describe("Twilio's callbacks", () => {
  it.each(twilio.receipt_push.vectors)('$signature', ({ auth_token: token, url, params, signature }) => {
    expect(twilioSignature(token, url, params)).toBe(signature);
  });
});

describe('the vendors of these tests check as the published ones do', () => {
  it.each(aliyun.rpc_hmac_sha1.vectors)('Aliyun RPC: $name', ({ method, params, secret, signature }) => {
    expect(aliyunRpc(method, params, secret)).toBe(signature);
  });

  it.each(aliyun.acs3_hmac_sha256.vectors)(
    'Aliyun ACS3: $name',
    ({ method, url, headers, body, secret, ...vector }) => {
      const query = vector.query ?? Object.fromEntries(new URL(url ?? '/', 'http://host').searchParams);
      const low = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
      const signed = Object.keys(low).filter((name) => /^(?:host|content-type|x-acs-.*)$/.test(name));
      expect(aliyunAcs3({ method, path: '/', query, headers: low, signed, body }, secret)).toBe(vector.signature);
    },
  );

  it.each(tencent.tc3.vectors)('Tencent: $name', ({ headers, body, timestamp, service, ...vector }) => {
    const low = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const signed = vector.signed_headers.map((name) => name.toLowerCase());
    const scope = { secretKey: vector.secret_key, timestamp, service };
    expect(tencentTc3({ headers: low, signed, body }, scope)).toBe(vector.signature);
  });

  it.each(twilio.receipt_push.vectors)('Twilio: $url', ({ auth_token: token, url, params, signature }) => {
    expect(twilioCallback(token, url, params)).toBe(signature);
  });
});
