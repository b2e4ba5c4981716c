/**
 * Tells in good time that a certificate comes to its end: when the node begins to listen, and each
 * day from then on until it stops. Links that are up would stay, and no new one be made.
 *
 * In good time is a fortnight, or the last third of a certificate that is made for less than six
 * weeks: one that is renewed each week is not to warn all its life.
 */
import type { Clock } from "../ports/clock.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { CertificateSummary, Credentials } from "./credentials.ts";

const dayMs = 24 * 60 * 60 * 1000;
const fortnightMs = 14 * dayMs;

export interface CertificateWatchPorts {
  /** The certificates in use; nothing on a node that has none. */
  current(): Pick<Credentials, "leaf" | "intermediates" | "clusterCertificates"> | undefined;
  readonly clock: Clock;
  /** Who is told. */
  readonly telemetry: Telemetry;
  /** Milliseconds since 1970. Default: the wall clock, which certificates go by. */
  readonly dateNow?: () => number;
}

/** Begins and ends with the events of the node, which are to be given to it. */
export function watchCertificates(ports: CertificateWatchPorts): Telemetry {
  const { clock } = ports;
  let timer: Disposable | undefined;
  const look = (): void => {
    tellOfEnds(ports);
    timer = clock.after(dayMs, look);
  };
  return {
    emit({ type }) {
      if (type !== "listening" && type !== "stopped") return;
      timer?.[Symbol.dispose]();
      if (type === "listening") look();
    },
  };
}

function tellOfEnds(ports: CertificateWatchPorts): void {
  const credentials = ports.current();
  if (credentials === undefined) return;
  const { telemetry, dateNow = Date.now } = ports;
  const { leaf, intermediates, clusterCertificates } = credentials;
  const now = dateNow();
  const tell = (certificate: "node" | "intermediate" | "authority", of: CertificateSummary) => {
    const { subject, validFrom, validTo } = of;
    const leftMs = Date.parse(validTo) - now;
    const third = (Date.parse(validTo) - Date.parse(validFrom)) / 3;
    if (leftMs > Math.min(fortnightMs, third)) return;
    const daysLeft = Math.floor(leftMs / dayMs);
    telemetry.emit({ type: "certificate_expiring", certificate, subject, validTo, daysLeft });
  };
  tell("node", leaf);
  for (const each of intermediates) tell("intermediate", each);
  for (const each of clusterCertificates) tell("authority", each);
}
