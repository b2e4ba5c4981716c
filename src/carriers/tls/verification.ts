/**
 * Whether the environment asks TLS to look at no certificate. Links would be verified all the same,
 * since they ask for it themselves; but whoever sets the variable expects something else, and the
 * other connections of such a process go to anybody who answers: no place for a node.
 */
import { invalidCertificate } from "./certificate-checks.ts";

const variable = "NODE_TLS_REJECT_UNAUTHORIZED";

/** What is wrong with the environment, if anything. It may change while the process runs. */
export function verificationFault(): string | undefined {
  // Node.js itself compares it with this text and no other.
  if (process.env[variable] !== "0") return undefined;
  return `${variable}=0 in the environment asks TLS to look at no certificate; remove it`;
}

/** Throws `REIGN_INVALID_CERTIFICATE` where certificates are asked not to be looked at. */
export function checkVerification(): void {
  const fault = verificationFault();
  if (fault === undefined) return;
  throw invalidCertificate(
    variable,
    "verification_disabled",
    `${fault}. Where other connections of the process need authorities of their own, ` +
      "NODE_EXTRA_CA_CERTS names them.",
  );
}
