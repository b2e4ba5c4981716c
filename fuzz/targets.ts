/** Everything that takes bytes from others, in the order of the report. */
import type { Target } from "./target.ts";
import { addressTarget } from "./targets/address.ts";
import { bodiesTarget } from "./targets/bodies.ts";
import { controlTarget } from "./targets/control.ts";
import { endpointTarget } from "./targets/endpoint.ts";
import { framesTarget } from "./targets/frames.ts";
import { handshakeTarget } from "./targets/handshake.ts";
import { jsonTarget } from "./targets/json.ts";
import { specTarget } from "./targets/spec.ts";
import { termsTarget } from "./targets/terms.ts";

export const targets: readonly Target[] = [
  framesTarget(),
  bodiesTarget(),
  handshakeTarget(),
  termsTarget(),
  jsonTarget(),
  controlTarget(),
  specTarget(),
  endpointTarget(),
  addressTarget(),
];
