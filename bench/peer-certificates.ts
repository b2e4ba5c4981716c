/**
 * Certificates as the peers want them: for the host `localhost`, where those of a cluster of reign
 * name a node. Made by the same code: the same curve, the same digest.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCertificateAuthority } from "reign/tls";
import { madeOnce } from "./made-once.ts";

/** Paths of files. */
export interface PeerCertificates {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

export async function peerCertificates(folder: string): Promise<PeerCertificates> {
  return filesIn(
    await madeOnce(folder, "localhost", async (draft) => {
      const { key, cert, ca } = filesIn(draft);
      const authority = await createCertificateAuthority({ cluster: "bench" });
      const { keyPem, certPem } = await authority.issue(1, { identity: "DNS:localhost" });
      await writeFile(key, keyPem, { mode: 0o600 });
      await writeFile(cert, certPem);
      await writeFile(ca, authority.certPem);
    }),
  );
}

function filesIn(folder: string): PeerCertificates {
  return {
    key: join(folder, "node.key"),
    cert: join(folder, "node.crt"),
    ca: join(folder, "ca.crt"),
  };
}
