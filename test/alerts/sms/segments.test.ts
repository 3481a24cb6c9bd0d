// What texts weigh on the wire and on the bill, and how they are cut.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeGsm7, gsm7Units } from '../../../src/alerts/channels/sms/gsm7.ts';
import { previewSms } from '../../../src/alerts/channels/sms/preview.ts';
import {
  costOf,
  mainlandSegments,
  splitSms,
  weighMainland,
  weighSms,
} from '../../../src/alerts/channels/sms/segments.ts';
import { smsGateway } from '../../../src/config/schema/sms-gateways.ts';
import { anAlert, aNotice, catalogue } from '../builders.ts';

interface Vectors {
  readonly segments: readonly {
    readonly name: string;
    readonly text: string;
    readonly encoding: string;
    readonly units: number;
    readonly segments: number;
  }[];
  readonly china_domestic: readonly {
    readonly signature?: string;
    readonly body_chars?: number;
    readonly total_chars: number;
    readonly billed: number;
  }[];
}
const file = new URL('../../vectors/alertmanager/sms_segments.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

describe('weight', () => {
  it.each(vectors.segments)('$name', ({ text, encoding, units, segments }) => {
    expect(weighSms(text)).toEqual({ encoding, units, segments });
  });

  it.each(vectors.china_domestic)('$total_chars characters in the mainland', (vector) => {
    const { signature, body_chars: body, total_chars: total, billed } = vector;
    expect(mainlandSegments(total)).toBe(billed);
    if (signature !== undefined)
      expect(weighMainland('告'.repeat(body ?? 0), signature)).toMatchObject({ units: total, segments: billed });
  });

  it('costs by the segment', () => {
    expect(costOf(3, 0.045)).toBe(0.135);
  });
});

describe('splitting', () => {
  const texts = fc.array(
    fc.constantFrom('a', '[', '€', 'é', '告', '🔥', '\n', 'word '.repeat(20), '告'.repeat(66), 'x'.repeat(152)),
  );
  it('loses nothing, cuts no pair and keeps every part within its size', () => {
    fc.assert(
      fc.property(texts, fc.constantFrom('auto' as const, 'ucs2' as const), (pieces, coding) => {
        const text = pieces.join('');
        const { encoding, parts } = splitSms(text, coding);
        expect(parts.join('')).toBe(text);
        const most = encoding === 'GSM-7' ? (parts.length === 1 ? 160 : 153) : parts.length === 1 ? 70 : 67;
        for (const part of parts) {
          expect(encoding === 'GSM-7' ? encodeGsm7(part).length : part.length).toBeLessThanOrEqual(most);
          expect(part).not.toMatch(/^\p{Surrogate}|\p{Surrogate}$/u);
        }
      }),
    );
  });

  it('knows the alphabet', () => {
    expect([...encodeGsm7('@A€ä{?告')]).toEqual([0, 65, 0x1b, 0x65, 0x7b, 0x1b, 0x28, 63, 63]);
    expect(['a', '€', '告', '\u001b'].map(gsm7Units)).toEqual([1, 2, 0, 0]);
  });
});

describe('a preview', () => {
  const facts = {
    notice: aNotice(anAlert({}, { alertname: 'PoolFull', cluster: 'pay-sh-07' })),
    text: '告警 PoolFull',
    id: 'a1b2c3d4',
    texts: catalogue('zh-CN'),
  };
  const preview = (kind: object) => previewSms(smsGateway.parse({ name: 'main', ...kind }), facts);
  const aliyun = { accessKeyId: 'a', accessKeySecretFile: 'f', sign: '示例银行', template: 't' };

  it('is the approved text with its variables, its sign and its price', () => {
    const templateText = '${status}：${name}，集群${cluster}，自${since}起。${other}';
    expect(preview({ aliyun: { ...aliyun, templateText }, price: { perSegment: 0.045 } })).toEqual({
      text: '【示例银行】告警：PoolFull，集群pay-sh-07，自11-11 10:00起。${other}',
      weight: { encoding: 'UCS-2', units: 52, segments: 1 },
      tooLong: false,
      cost: { amount: 0.045, currency: 'CNY' },
    });
    const tencent = {
      secretId: 'a',
      secretKeyFile: 'f',
      appId: '1',
      sign: '潮',
      template: 't',
      templateText: '{1}{2}{9}',
    };
    expect(preview({ tencent })).toMatchObject({ text: '【潮】告警PoolFull{9}', cost: null });
    expect(preview({ aliyun })).toBeNull();
  });

  it('is the text itself elsewhere', () => {
    const http = { url: 'http://gateway' };
    expect(preview({ http })).toMatchObject({ text: facts.text, weight: { encoding: 'UCS-2', units: 11 } });
    expect(preview({ http: { ...http, sign: '潮' } })).toMatchObject({
      text: `【潮】${facts.text}`,
      weight: { units: 14 },
    });
  });
});
