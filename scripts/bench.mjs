/** `npm run bench`: installs, compiles `src` and `bench`, and becomes the benchmark. */
import { installPeers } from "./steps/debian.mjs";
import { becomeMeasurement } from "./steps/measure.mjs";

// A smoke run, as the tests have it, makes do with who is here.
if (!process.argv.includes("--quick")) installPeers();
await becomeMeasurement("bench");
