/**
 * `reign/tls`: the default carrier, and the making of certificates for it.
 *
 * @module reign/tls
 */
export {
  type CertificateAuthority,
  type CertificateAuthorityOptions,
  createCertificateAuthority,
  type IssuedCertificate,
  type IssueOptions,
} from "./certificate-authority.ts";
export type { CertificateFault } from "./certificate-checks.ts";
export { type InitOptions, type InitResult, initCluster } from "./init-cluster.ts";
