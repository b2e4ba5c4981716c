/**
 * Tells of certificates that will end soon, while there is time to make new ones: in the last third
 * of their life, and no more than thirty days before its end. So nobody is told of one that was
 * made a day ago to last a week.
 */
import { describe, type SourcedCertificate } from "../carriers/tls/certificate-checks.ts";

const dayMs = 24 * 60 * 60 * 1_000;
const noticeMs = 30 * dayMs;

/** A line of the log for each of the certificates that is near its end, and not over it. */
export function nearEnd(certificates: readonly SourcedCertificate[], nowMs: number): string[] {
  return certificates.flatMap(({ certificate, source }) => {
    const from = Date.parse(certificate.validFrom);
    const to = Date.parse(certificate.validTo);
    const leftMs = to - nowMs;
    if (leftMs < 0 || leftMs > Math.min(noticeMs, (to - from) / 3)) return [];
    const end = new Date(to).toISOString().slice(0, 10);
    return [
      `${describe(certificate, source)} ends on ${end}. From then on no link is made with it, ` +
        "and this node does not start again.",
    ];
  });
}
