/**
 * Makes a node out of a cluster spec. Here, and nowhere else, it is decided what a node is made of:
 * its carrier, codec, clock and log.
 */
import { dirname, resolve } from "node:path";
import { createTlsCarrier, type TlsCarrier } from "../carriers/tls/tls-carrier.ts";
import { createTermCodec } from "../codecs/term/term-codec.ts";
import { type NodeId, toNodeId } from "../core/mailbox-id.ts";
import { checkOptionKeys } from "../core/option-keys.ts";
import { checkBoolean } from "../core/option-values.ts";
import type { Carrier } from "../ports/carrier.ts";
import type { Clock } from "../ports/clock.ts";
import type { Codec } from "../ports/codec.ts";
import type { Random } from "../ports/random.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { resolveSettings, type ServiceSettings, settingKeys } from "../runtime/settings.ts";
import { watchCertificates } from "./certificate-watch.ts";
import { ClusterService } from "./cluster-service.ts";
import { ClusterState } from "./cluster-state.ts";
import type { ConnectionService } from "./connection-service.ts";
import { containCodec, containTelemetry } from "./containment.ts";
import { type Credentials, loadCredentials } from "./credentials.ts";
import { diagnosticsTelemetry } from "./diagnostics.ts";
import { logTelemetry } from "./log-events.ts";
import { type ClusterLogger, stdLogger } from "./logger.ts";
import { readSpec, readSpecFile, type SpecFile, type SpecSource } from "./read-spec.ts";
import { type ClusterConfig, type ClusterSpec, type ResolvedNode, validateSpec } from "./spec.ts";
import { createSystemClock } from "./system-clock.ts";
import { createSystemRandom } from "./system-random.ts";

/** What any service can be given. Everything has a default. */
export interface ServiceOptions extends Partial<ServiceSettings> {
  /** Where its log goes. Default `stdLogger`: JSON lines from `info` up, to standard error. */
  readonly logger?: ClusterLogger;
  /** The codecs it speaks, the one it likes best first. Default: the term format alone. */
  readonly codecs?: readonly Codec[];
  /** The time that it lives by. Default: the monotonic clock of Node.js. */
  readonly clock?: Clock;
  /** Chance: the incarnation and all jitter come from it. Default: that of the system. */
  readonly random?: Random;
  /** Gets every event that the log is made of, too. */
  readonly telemetry?: Telemetry;
  /**
   * Gives the W3C `traceparent` of what is going on, or nothing: asked at each send, it goes along
   * with the message to nodes that have the option too (`service.traceparentOf`). Should be quick.
   * One that throws, or gives something else, is reported once, and the message goes without.
   */
  readonly traceContext?: () => string | undefined;
  /**
   * Keep of each mailbox the stack of the call that made it, for `service.mailboxes()`. Default
   * false, since each costs some microseconds and a kilobyte.
   */
  readonly recordOrigins?: boolean;
}

/** What a node of a cluster can be given beside its spec. Everything has a default. */
export interface ClusterOptions extends ServiceOptions {
  /** Where relative paths of the spec begin. Default: the file's folder, else the current one. */
  readonly baseFolder?: string;
  /** Refuse a private key that others than its owner may read. Default false: a line in the log. */
  readonly strictKeyPermissions?: boolean;
  /** How nodes reach each other. Default: mutual TLS, with the certificates of the spec. */
  readonly carrier?: Carrier;
}

const serviceKeys: readonly string[] = [
  ...settingKeys,
  ...namesOf<Exclude<keyof ServiceOptions, keyof ServiceSettings>>({
    logger: true,
    codecs: true,
    clock: true,
    random: true,
    telemetry: true,
    traceContext: true,
    recordOrigins: true,
  }),
];
const clusterKeys: readonly string[] = [
  ...serviceKeys,
  ...namesOf<Exclude<keyof ClusterOptions, keyof ServiceOptions>>({
    baseFolder: true,
    strictKeyPermissions: true,
    carrier: true,
  }),
];

/** Every one of the keys: one that is missing does not compile. */
function namesOf<K extends string>(keys: Readonly<Record<K, true>>): readonly string[] {
  return Object.keys(keys);
}

/**
 * Makes the node `thisNode` of the cluster in a JSON file. Nothing is reached or listened to until
 * `start` or `serve`.
 *
 * Rejects with `REIGN_INVALID_SPEC`, which lists every mistake of the file; with
 * `REIGN_INVALID_CERTIFICATE`, also where `NODE_TLS_REJECT_UNAUTHORIZED=0` is in the environment;
 * with a `RangeError` for a setting that cannot be, and a `TypeError` for an option that does not
 * exist.
 */
export async function createFromSpecFile(
  path: string,
  thisNode: NodeId | number,
  options: ClusterOptions = {},
): Promise<ConnectionService> {
  const file = await readSpecFile(path);
  return create(file.spec, thisNode, { baseFolder: dirname(resolve(path)), ...options }, file);
}

/**
 * Is `createFromSpecFile`, with the JSON from a text, a Node.js or web stream, or an iterable of
 * text or bytes, which is read to its end.
 */
export async function createFromReader(
  source: SpecSource,
  thisNode: NodeId | number,
  options: ClusterOptions = {},
): Promise<ConnectionService> {
  return create(await readSpec(source), thisNode, options);
}

/** Is `createFromSpecFile`, with the spec as a value. The value is neither kept nor changed. */
export async function createFromSpec(
  spec: ClusterSpec,
  thisNode: NodeId | number,
  options: ClusterOptions = {},
): Promise<ConnectionService> {
  return create(spec, thisNode, options);
}

/**
 * Makes a node by itself: all functions of mailboxes and names, no network, no configuration.
 * `start`, `stop` and the rest are there and have nothing to do. Its id is `0`, as in the seed.
 *
 * Throws a `RangeError` for a setting that cannot be, and a `TypeError` for an option that does not
 * exist.
 */
export function noClustering(options: ServiceOptions = {}): ConnectionService {
  checkOptionKeys("noClustering", options, serviceKeys);
  const endpoint = Object.freeze({ host: "127.0.0.1", port: 0 });
  const id = toNodeId(0);
  const identity = "";
  const thisNode: ResolvedNode = { id, address: endpoint, listenAddress: endpoint, identity };
  const nodes = new Map([[id, thisNode]]);
  return assemble({ name: "none", thisNode: id, nodes, tlsSuites: [], notices: [] }, options);
}

async function create(
  spec: unknown,
  thisNode: NodeId | number,
  options: ClusterOptions,
  specFile?: SpecFile,
): Promise<ConnectionService> {
  checkOptionKeys("createFromSpec", options, clusterKeys);
  const { carrier, baseFolder = process.cwd(), strictKeyPermissions = false } = options;
  checkBoolean("strictKeyPermissions", strictKeyPermissions);
  const config = validateSpec(spec, thisNode, {
    ...(specFile === undefined ? {} : { source: specFile.path }),
    ownCarrier: carrier !== undefined,
  });
  const folder = resolve(baseFolder);
  const load = () => loadCredentials(config, folder, { strictKeyPermissions, specFile });
  const credentials = carrier === undefined ? await load() : undefined;
  const specPath = specFile && resolve(specFile.path);
  return assemble(config, options, { credentials, load, specPath });
}

/** Where a node came from, as far as it can be read again. */
interface Origin {
  readonly credentials?: Credentials | undefined;
  readonly load?: () => Promise<Credentials | undefined>;
  readonly specPath?: string | undefined;
}

function assemble(
  config: ClusterConfig,
  options: ClusterOptions,
  { credentials, load, specPath }: Origin = {},
): ConnectionService {
  const { logger = stdLogger, random = createSystemRandom() } = options;
  const { clock = createSystemClock(), recordOrigins = false } = options;
  checkBoolean("recordOrigins", recordOrigins);
  const codecs = checkCodecs(options.codecs).map(containCodec);
  checkFunctions("logger", logger, ["error", "warn", "info", "debug", "trace"]);
  if (options.telemetry !== undefined) checkFunctions("telemetry", options.telemetry, ["emit"]);
  const settings = resolveSettings(options);
  const log = logTelemetry(logger, config.thisNode, clock);
  const told = joinTelemetry([
    log,
    diagnosticsTelemetry(config.thisNode),
    ...(options.telemetry === undefined ? [] : [containTelemetry(options.telemetry, log)]),
  ]);
  const state = new ClusterState(config, credentials);
  const watch = watchCertificates({ current: () => state.credentials, clock, telemetry: told });
  const telemetry = joinTelemetry([told, watch]);
  const tls = options.carrier ? undefined : tlsCarrier(state, settings, clock, telemetry);
  const peers = [...config.nodes.keys()].filter((nodeId) => nodeId !== config.thisNode);
  for (const notice of [...config.notices, ...(credentials?.notices ?? [])]) {
    telemetry.emit({ type: "configuration_notice", notice });
  }
  return new ClusterService({
    clusterName: config.name,
    nodeId: config.thisNode,
    peers,
    settings,
    clock,
    random,
    telemetry,
    carrier: options.carrier ?? tls,
    codecs,
    traceContext: checkTraceContext(options.traceContext),
    recordOrigins,
    state,
    logger,
    specPath,
    ownCarrier: options.carrier !== undefined,
    certificates: tls && load && { load, use: (renewed) => tls.useCredentials(renewed) },
  });
}

function tlsCarrier(
  state: ClusterState,
  settings: ServiceSettings,
  clock: Clock,
  telemetry: Telemetry,
): TlsCarrier | undefined {
  const { config, credentials } = state;
  // A cluster of one node has nobody to reach.
  if (credentials === undefined) return undefined;
  return createTlsCarrier({
    thisNode: config.thisNode,
    nodes: () => state.nodes,
    credentials,
    tlsSuites: config.tlsSuites,
    clock,
    telemetry,
    handshakeTimeout: settings.handshakeTimeout,
    maxPendingHandshakes: settings.maxPendingHandshakes,
    maxPendingPerAddress: settings.maxPendingPerAddress,
  });
}

function joinTelemetry(all: readonly Telemetry[]): Telemetry {
  return {
    emit(event) {
      for (const each of all) each.emit(event);
    },
  };
}

function checkTraceContext(given: ServiceOptions["traceContext"]): ServiceOptions["traceContext"] {
  if (given === undefined || typeof given === "function") return given;
  throw new TypeError(`Expected traceContext to be a function, got ${typeof given}.`);
}

function checkFunctions(what: string, given: unknown, names: readonly string[]): void {
  const isObject = (typeof given === "object" && given !== null) || typeof given === "function";
  const missing = names.find((name) => !isObject || typeof Reflect.get(given, name) !== "function");
  if (missing === undefined) return;
  const got = isObject ? `one without ${missing}` : `${given === null ? "null" : typeof given}`;
  throw new TypeError(`Expected a ${what} with ${names.join(", ")}, got ${got}.`);
}

const codecName = /^[a-z0-9-]{1,32}$/;

function checkCodecs(given: ServiceOptions["codecs"]): readonly Codec[] {
  if (given === undefined) return [createTermCodec()];
  if (!Array.isArray(given)) {
    throw new TypeError(`Expected codecs to be an array, got ${typeof given}.`);
  }
  const codecs: readonly Codec[] = given;
  if (codecs.length === 0) throw new RangeError("Expected at least one codec, got none.");
  for (const [index, codec] of codecs.entries()) {
    checkFunctions(`codec at codecs[${index}]`, codec, ["createEncoder", "createDecoder"]);
    const name = JSON.stringify(codec.name);
    if (!codecName.test(codec.name)) {
      throw new RangeError(`Expected a codec's name to be [a-z0-9-]{1,32}, got ${name}.`);
    }
    if (codecs.findIndex((other) => other.name === codec.name) < index) {
      throw new RangeError(`Expected each codec once, got ${name} twice.`);
    }
  }
  return codecs;
}
