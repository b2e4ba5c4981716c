/**
 * Puts a new key and certificate in the place of those that are there.
 *
 * Both are written in full beside the old ones first. Where a machine stops between the renames,
 * the two do not belong together, as every start of a node says; to do it again mends it.
 */
import { randomBytes } from "node:crypto";
import { rename } from "node:fs/promises";
import type { IssuedCertificate } from "./certificate-authority.ts";
import { createFile } from "./certificate-files.ts";

export interface KeyPairFiles {
  readonly keyFile: string;
  readonly certFile: string;
}

/** What was there is kept with `.old` at the end of its name, in the place of one kept before. */
export async function replacePair(
  { keyFile, certFile }: KeyPairFiles,
  { keyPem, certPem }: IssuedCertificate,
): Promise<readonly string[]> {
  const suffix = `.new-${randomBytes(4).toString("hex")}`;
  await createFile(keyFile + suffix, keyPem, 0o600);
  await createFile(certFile + suffix, certPem, 0o644);
  for (const file of [keyFile, certFile]) {
    await renameIfThere(file, `${file}.old`);
    await rename(file + suffix, file);
  }
  return [keyFile, certFile];
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error) || Reflect.get(error, "code") !== "ENOENT") throw error;
  }
}
