/** Reads and creates the files that keys and certificates are kept in. */
import { type FileHandle, open, rm } from "node:fs/promises";
import { invalidCertificate } from "./certificate-checks.ts";

export interface ReadFile {
  readonly text: string;
  /**
   * Somebody other than the owner may read or change it. Never so on Windows, which has no modes.
   */
  readonly openToOthers: boolean;
}

const maxBytes = 1024 * 1024;

/**
 * Reads a key or certificate. Every failure, "not there" included, is `REIGN_INVALID_CERTIFICATE`
 * with what to do. The mode is that of the very file that was read.
 */
export async function readCertificateFile(path: string): Promise<ReadFile> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const { mode, size } = await file.stat();
    if (size > maxBytes) throw new RangeError(`it has ${size} bytes`);
    const text = await file.readFile("utf8");
    return { text, openToOthers: isOpenToOthers(mode) };
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    await file?.close();
  }
}

/** Whether a file of this mode may be read or changed by others than its owner. */
export function isOpenToOthers(mode: number): boolean {
  return process.platform !== "win32" && (mode & 0o077) !== 0;
}

/** As `readCertificateFile`, but for a file that need not be there. */
export async function readFileIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readCertificateFile(path)).text;
  } catch (error) {
    if (error instanceof Error && errorCode(error.cause) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Writes a new file, with its mode from the first moment. Rejects with the system's `EEXIST` rather
 * than overwrite: two runs at once must not mix their keys. One half written is removed again.
 */
export async function createFile(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

function unreadable(path: string, cause: unknown): Error {
  const code = errorCode(cause);
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return invalidCertificate(
        path,
        "missing",
        `There is no file ${path}. Check the path in the spec; \`reign init\` makes certificates.`,
        { cause },
      );
    case "EACCES":
    case "EPERM":
      return invalidCertificate(
        path,
        "unreadable",
        `This process may not read ${path}. Give the user it runs as, and nobody else, ` +
          "permission to.",
        { cause },
      );
    default:
      return invalidCertificate(
        path,
        "unreadable",
        `${path} cannot be read (${code ?? String(cause)}). Expected a PEM file of at most 1 MiB.`,
        { cause },
      );
  }
}

function errorCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : undefined;
}
