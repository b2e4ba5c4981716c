/**
 * The first byte of each value in the term format; `docs/term-format.md` says what follows it.
 *
 * The small cases of the common kinds have their number in the byte itself. What is not named here
 * is not in use, and a decoder refuses it.
 */
export const tag = {
  /** 0x00 to 0x7f: the whole number itself. */
  smallIntEnd: 0x80,
  /** 0x80 to 0xbf: text of 0 to 63 characters below 256, a byte each. */
  shortText: 0x80,
  shortTextEnd: 0xc0,
  /** 0xc0 to 0xcf: an object of 0 to 15 properties, its keys together in front. */
  smallObject: 0xc0,
  smallObjectEnd: 0xd0,
  /** 0xd0 to 0xdf: an array of 0 to 15 elements. */
  smallArray: 0xd0,
  smallArrayEnd: 0xe0,

  null: 0xe0,
  undefined: 0xe1,
  false: 0xe2,
  true: 0xe3,
  uint: 0xe4,
  negativeInt: 0xe5,
  double: 0xe6,
  bigint: 0xe7,
  negativeBigint: 0xe8,
  text: 0xe9,
  utf16: 0xea,
  /** An object of 16 to 32 properties, its keys together in front. */
  object: 0xeb,
  /** An object with each key in front of its value. */
  wideObject: 0xec,
  /** The same without a prototype. */
  bareObject: 0xed,
  array: 0xee,
  /** An array with named properties, as `String.prototype.match` gives. */
  namedArray: 0xef,
  map: 0xf0,
  set: 0xf1,
  date: 0xf2,
  regExp: 0xf3,
  arrayBuffer: 0xf4,
  /** A view with its own bytes. */
  view: 0xf5,
  /** A view of an `ArrayBuffer` that is a value of the message itself. */
  viewOf: 0xf6,
  error: 0xf7,
  address: 0xf8,
  mailboxClosed: 0xf9,
  multipleClaim: 0xfa,
  /** An object that has been in the message already, by its number. */
  reference: 0xfb,
  /** An object whose keys have been defined, by the number of their definition. */
  defined: 0xfc,
  /** In front of a message alone: the lengths of the attachments behind it. */
  attachments: 0xfd,
  /** The `ArrayBuffer` that is the next attachment. */
  attachment: 0xfe,
  /** An instance of a registered class. */
  instance: 0xff,
} as const;

/** Objects with more keys, or more bytes of keys, are written wide. */
export const mostKeysInFront = 32;
export const mostKeyBytesInFront = 255;
/** How many lists of keys one end of a link may define. */
export const mostDefinitions = 256;
