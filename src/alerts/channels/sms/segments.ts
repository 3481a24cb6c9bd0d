// What an SMS weighs: GSM-7 or UCS-2, its units, and in how many parts it travels.

export interface SmsWeight {
  readonly encoding: 'GSM-7' | 'UCS-2';
  readonly units: number;
  readonly segments: number;
}

const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const extended = new Set('^{}\\[~]|€\f');

/** A part never splits an escape pair or a surrogate pair: what does not fit moves to the next one whole. */
export function weighSms(text: string): SmsWeight {
  const characters = Array.from(text);
  const gsm = characters.every((character) => basic.has(character) || extended.has(character));
  const [single, part] = gsm ? [160, 153] : [70, 67];
  const units = characters.map((character) => (gsm ? (extended.has(character) ? 2 : 1) : character.length));
  const total = units.reduce((sum, count) => sum + count, 0);
  const encoding = gsm ? 'GSM-7' : 'UCS-2';
  if (total <= single) return { encoding, units: total, segments: 1 };
  let segments = 1;
  let used = 0;
  for (const count of units) {
    if (used + count > part) {
      segments += 1;
      used = 0;
    }
    used += count;
  }
  return { encoding, units: total, segments };
}
