/** Classes that both ends of a fuzzed link know, each made in another way. */
import type { TypeTable } from "../../src/core/type-table.ts";

class Kept {
  id: unknown;
}

class Named {
  id: unknown;
}

class Remade {
  id: unknown;
}

class Failure extends Error {}

/** The last is nobody's. */
export const classNames: readonly string[] = ["kept", "named", "remade", "failure", "unknown"];

export function registerClasses(types: TypeTable): void {
  types.register(Kept, { name: "kept" });
  types.register(Named, { name: "named", fields: ["id", "type", "__proto__"] });
  types.register(Failure, { name: "failure" });
  types.register(Remade, {
    name: "remade",
    encode: ({ id }) => ({ id }),
    decode: ({ id }: Remade) => Object.assign(new Remade(), { id }),
  });
}
