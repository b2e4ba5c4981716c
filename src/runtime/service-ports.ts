/** What a node is made of. */
import type { NodeId } from "../core/mailbox-id.ts";
import type { Carrier } from "../ports/carrier.ts";
import type { Clock } from "../ports/clock.ts";
import type { Codec } from "../ports/codec.ts";
import type { Random } from "../ports/random.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { ServiceSettings } from "./settings.ts";
import type { TraceContextSource } from "./trace-contexts.ts";

export interface ServicePorts {
  readonly clusterName: string;
  readonly nodeId: NodeId;
  /** The other nodes. */
  readonly peers: readonly NodeId[];
  readonly settings: ServiceSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** None for a node without a network. */
  readonly carrier: Carrier | undefined;
  /** The codecs it speaks, the one it likes best first. */
  readonly codecs: readonly Codec[];
  /** Gives the trace context of what is going on, for messages to come with. */
  readonly traceContext?: TraceContextSource | undefined;
  /** Whether it is kept of each mailbox where it was made. */
  readonly recordOrigins?: boolean;
}
