/** The length of texts as UTF-8, without making the bytes. */

/** How many bytes a text comes to; nothing for one that is not well-formed. */
export function utf8Length(text: string): number | undefined {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    if (unit < 0xd800 || unit > 0xdfff) continue;
    // Two units of two bytes each, the second of which is passed over here.
    const next = text.charCodeAt(i + 1);
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return undefined;
    i++;
  }
  return bytes;
}
