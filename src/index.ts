/**
 * What a program imports from `reign`.
 *
 * @module reign
 */

export type { Cluster, ConnectionService } from "./cluster/connection-service.ts";
export {
  type ClusterOptions,
  createFromReader,
  createFromSpec,
  createFromSpecFile,
  noClustering,
  type ServiceOptions,
} from "./cluster/create.ts";
export type { Endpoint, LocalEndpoint } from "./cluster/endpoint.ts";
export { type ClusterLogger, type LogFunction, nullLogger, stdLogger } from "./cluster/logger.ts";
export type { SpecSource } from "./cluster/read-spec.ts";
export type { ClusterSpec, NodeDefinition, ResolvedNode } from "./cluster/spec.ts";
export { type LogTarget, type WrapLoggerOptions, wrapLogger } from "./cluster/wrap-logger.ts";
export { createJsonCodec } from "./codecs/json/json-codec.ts";
export { createTermCodec, type TermCodecOptions } from "./codecs/term/term-codec.ts";
export { createV8Codec } from "./codecs/v8/v8-codec.ts";
export { type Address, isAddress } from "./core/address.ts";
export type { ByteWriter } from "./core/byte-writer.ts";
export { type CloseReason, MailboxClosed } from "./core/close-notice.ts";
export {
  DecodeError,
  NotSerializableError,
  ReignError,
  type ReignErrorCode,
  type ReignErrorDetails,
  type SpecProblem,
} from "./core/errors.ts";
export type { InstanceForm, InstanceForms, TypeOptions } from "./core/instance-form.ts";
export type { LossCause } from "./core/loss.ts";
export { type MailboxId, type MailboxRef, type NodeId, nodeIdOf } from "./core/mailbox-id.ts";
export type {
  ClassMatcher,
  Matched,
  Matcher,
  Pattern,
  Predicate,
  TypeGuard,
} from "./core/matcher.ts";
export { MultipleClaim } from "./core/multiple-claim.ts";
export type { Overflow } from "./core/overflow.ts";
export type { Hop, TracedMsg } from "./core/traced.ts";
export type { AnyClass } from "./core/type-table.ts";
export type { Carrier, Link, LinkEnd, LinkEvents, Listener } from "./ports/carrier.ts";
export type { Clock } from "./ports/clock.ts";
export type {
  Codec,
  CodecLimits,
  Decoder,
  DecoderPorts,
  Define,
  Encoder,
  EncoderPorts,
} from "./ports/codec.ts";
export type { Random } from "./ports/random.ts";
export type { Telemetry, TelemetryEvent } from "./ports/telemetry.ts";
export type { ConnectionStatus, ConnectionStatusCallback } from "./runtime/connection-status.ts";
export type { ConsumeOptions } from "./runtime/consumer.ts";
export type { MailboxInfo } from "./runtime/inspection.ts";
export type { ServiceStats } from "./runtime/ledger.ts";
export type { LossSample } from "./runtime/loss-stream.ts";
export type { AnyMailbox, Mailbox } from "./runtime/mailbox.ts";
export type { MailboxOptions } from "./runtime/mailbox-options.ts";
export type { Names } from "./runtime/names.ts";
export type { NamesDebugger } from "./runtime/names-debugger.ts";
export type { NewMailbox, NodeService } from "./runtime/node-service.ts";
export { type ReceivedFrom, receiveAny } from "./runtime/receive-any.ts";
export type { ReceiveOptions, ReceiveWithoutTimeout } from "./runtime/receive-options.ts";
export type { ServiceSettings } from "./runtime/settings.ts";
export type { TraceDirection, TraceEvent, TraceOptions } from "./runtime/trace-options.ts";
export type { WaitOptions } from "./runtime/waiting.ts";
