/**
 * Certificates as the peers want them: for the host `localhost`, where those of a cluster of reign
 * name a node. Made by the same authority's code: the same curve, the same digest.
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCertificateAuthority } from "reign/tls";

export interface PeerCertificates {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/** The files, which are made by the first who asks: roles start one after the other. */
export async function peerCertificates(folder: string): Promise<PeerCertificates> {
  const [key, cert, ca] = ["localhost.key", "localhost.crt", "localhost-ca.crt"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  if (!existsSync(ca)) {
    const authority = await createCertificateAuthority({ cluster: "bench" });
    const { keyPem, certPem } = await authority.issue(1, { identity: "DNS:localhost" });
    await writeFile(key, keyPem, { mode: 0o600 });
    await writeFile(cert, certPem);
    await writeFile(ca, authority.certPem);
  }
  return { key, cert, ca };
}
