// The alphabet of GSM 03.38: which characters it has, and what they are on the wire.

const basic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const escape = 0x1b;
/** Behind the escape. */
const extension: Readonly<Record<string, number>> = {
  '\f': 0x0a,
  '^': 0x14,
  '{': 0x28,
  '}': 0x29,
  '\\': 0x2f,
  '[': 0x3c,
  '~': 0x3d,
  ']': 0x3e,
  '|': 0x40,
  '€': 0x65,
};

const codes = new Map<string, readonly number[]>([
  ...Array.from(basic, (character, code) => [character, [code]] as const).filter(([, [code]]) => code !== escape),
  ...Object.entries(extension).map(([character, code]) => [character, [escape, code]] as const),
]);

/** One, or two behind an escape; 0 where the alphabet has no such character. */
export const gsm7Units = (character: string): number => codes.get(character)?.length ?? 0;

/** One septet a byte, as SMPP carries them. */
export const encodeGsm7 = (text: string): Uint8Array =>
  Uint8Array.from(Array.from(text).flatMap((character) => codes.get(character) ?? codes.get('?') ?? []));
