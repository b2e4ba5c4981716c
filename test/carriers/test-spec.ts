/** The spec of a cluster named `test`, with the certificate of one of its nodes in it. */
import type {
  CertificateAuthority,
  IssuedCertificate,
} from "../../src/carriers/tls/certificate-authority.ts";
import type { ClusterSpec, NodeDefinition } from "../../src/cluster/spec.ts";

export function specOf(
  authority: Pick<CertificateAuthority, "certPem">,
  { certPem, keyPem }: IssuedCertificate,
  nodes: readonly NodeDefinition[],
): ClusterSpec {
  return {
    cluster: "test",
    nodes,
    node_cert_pem: certPem,
    node_key_pem: keyPem,
    cluster_cert_pem: authority.certPem,
  };
}
