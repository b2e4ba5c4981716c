/** `npm run build`: compiles `src` into a new `dist`. */
import { build } from "./steps/build.mjs";
import { install } from "./steps/install.mjs";

await install();
process.exitCode = await build();
