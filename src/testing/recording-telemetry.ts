/** Keeps what a node tells of itself, for tests to look at. */
import type { Telemetry, TelemetryEvent } from "../ports/telemetry.ts";

/** The events of one type. */
export type TelemetryEventOf<T extends TelemetryEvent["type"]> = Extract<
  TelemetryEvent,
  { readonly type: T }
>;

/** Telemetry that keeps what it was told. */
export interface RecordingTelemetry extends Telemetry {
  /** Everything emitted so far, in order; grows as more comes. */
  readonly events: readonly TelemetryEvent[];
  /** The events of one type, in order: a copy. */
  eventsOf<T extends TelemetryEvent["type"]>(type: T): TelemetryEventOf<T>[];
  /** Forgets what was recorded, so that a test can look at one phase by itself. */
  clear(): void;
}

/** Makes a telemetry for the option `telemetry` of a service that a test looks at. */
export function createRecordingTelemetry(): RecordingTelemetry {
  const events: TelemetryEvent[] = [];
  return {
    events,
    emit: (event) => void events.push(event),
    eventsOf: (type) => events.filter((event) => hasType(event, type)),
    clear: () => void events.splice(0),
  };
}

function hasType<T extends TelemetryEvent["type"]>(
  event: TelemetryEvent,
  type: T,
): event is TelemetryEventOf<T> {
  return event.type === type;
}
