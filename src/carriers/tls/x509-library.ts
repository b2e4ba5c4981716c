/**
 * Brings in the library that makes certificates, which nothing but the making of certificates
 * needs: a node that runs never loads it.
 *
 * The library is built with an injector that refuses to load unless the global `Reflect` has the
 * functions of the former decorator metadata proposal, and asks them for hints it then finds
 * absent. An application may bring these functions itself, and then they are left alone. Otherwise
 * stand-ins that know of no metadata are there while the library loads, which is synchronous, so
 * that nobody else ever sees them. Importing a polyfill would leave them on the global for good.
 */
import { createRequire } from "node:module";
import type * as X509 from "@peculiar/x509";

const require = createRequire(import.meta.url);

const standIns: Readonly<Record<string, () => undefined>> = {
  getMetadata: () => undefined,
  getOwnMetadata: () => undefined,
  defineMetadata: () => undefined,
};

/** The library itself. Cheap after the first call: modules are loaded once. */
export function x509Library(): typeof X509 {
  const missing = Object.keys(standIns).filter((name) => !Reflect.has(Reflect, name));
  for (const name of missing) {
    Object.defineProperty(Reflect, name, { value: standIns[name], configurable: true });
  }
  try {
    return require("@peculiar/x509") as typeof X509;
  } finally {
    for (const name of missing) Reflect.deleteProperty(Reflect, name);
  }
}
