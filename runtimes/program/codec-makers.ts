/** The codecs that are tried, by a name for the command line of the other process. */
import { createJsonCodec, createTermCodec, createV8Codec } from "reign";

export const codecMakers = {
  term: createTermCodec,
  json: createJsonCodec,
  v8: createV8Codec,
} as const;

export type CodecName = keyof typeof codecMakers;

export function isCodecName(name: string | undefined): name is CodecName {
  return name !== undefined && Object.hasOwn(codecMakers, name);
}
